package io.tmac.quant;

import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.F32;
import io.tmac.format.Int8;
import io.tmac.quant.calibrate.Calibration;
import io.tmac.quant.encode.EncodingError;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Progress;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.TensorMajorWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Writes a model with fewer bits per weight.
 *
 * <pre>{@code
 * QuantReport report =
 *     Quantizer.from(Path.of("stories15M.bin"))
 *         .format(QuantFormat.TERNARY_V2)
 *         .method(QuantMethod.FITTED)
 *         .write(Path.of("stories15M.tm2"));
 * }</pre>
 *
 * <p>Quantisers are immutable: each method returns another one. They are safe for use by many
 * threads. The bytes that are written do not depend on the number of threads.
 */
public final class Quantizer {

  /** Tokens of a calibration text that are used, unless {@link #calibrationTokens} says more. */
  public static final int DEFAULT_CALIBRATION_TOKENS = 1 << 15;

  /** How often {@link QuantMethod#GPTQ} rounds a model, unless {@link #passes} says otherwise. */
  public static final int DEFAULT_PASSES = 2;

  private final ModelRewrite rewrite;
  private final QuantFormat format;
  private final QuantMethod method;
  private final Path calibration;
  private final Path tokenizer;
  private final int calibrationTokens;
  private final int passes;

  private Quantizer(
      ModelRewrite rewrite,
      QuantFormat format,
      QuantMethod method,
      Path calibration,
      Path tokenizer,
      int calibrationTokens,
      int passes) {
    this.rewrite = rewrite;
    this.format = format;
    this.method = method;
    this.calibration = calibration;
    this.tokenizer = tokenizer;
    this.calibrationTokens = calibrationTokens;
    this.passes = passes;
  }

  /**
   * Begins with a model of float32 or int8 weights: llama2.c v0, v1 or v2, or Q8V1.
   *
   * @param model a model file, or a folder that holds exactly one
   * @return a quantiser with method {@link QuantMethod#PORT}, a thread per physical core, and no
   *     format yet
   */
  public static Quantizer from(Path model) {
    return new Quantizer(
        new ModelRewrite(Objects.requireNonNull(model, "model")),
        null,
        QuantMethod.PORT,
        null,
        null,
        DEFAULT_CALIBRATION_TOKENS,
        DEFAULT_PASSES);
  }

  /**
   * Chooses the format.
   *
   * @param format the format of the file to write
   * @return a quantiser to it
   */
  public Quantizer format(QuantFormat format) {
    Objects.requireNonNull(format, "format");
    return new Quantizer(
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes);
  }

  /**
   * Chooses the method. The default is {@link QuantMethod#PORT}.
   *
   * @param method one that the format has
   * @return a quantiser by it
   */
  public Quantizer method(QuantMethod method) {
    Objects.requireNonNull(method, "method");
    return new Quantizer(
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes);
  }

  /**
   * Names a text to see the model's inputs on. {@link QuantMethod#GPTQ} needs one.
   *
   * @param text a file of UTF-8 text, of the kind that the model will be used for
   * @return a quantiser with it
   */
  public Quantizer calibration(Path text) {
    Objects.requireNonNull(text, "text");
    return new Quantizer(rewrite, format, method, text, tokenizer, calibrationTokens, passes);
  }

  /**
   * Names the tokenizer for the calibration text. Without it the one beside the model is used.
   *
   * @param tokenizer the model's tokenizer file
   * @return a quantiser with it
   */
  public Quantizer tokenizer(Path tokenizer) {
    Objects.requireNonNull(tokenizer, "tokenizer");
    return new Quantizer(
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes);
  }

  /**
   * Sets how much of the calibration text is used. Time and memory grow with it: {@code 8 * dim}
   * bytes per token.
   *
   * @param tokens tokens from the beginning of the text; the default is {@link
   *     #DEFAULT_CALIBRATION_TOKENS}
   * @return a quantiser that uses so many
   * @throws IllegalArgumentException if there are fewer than 2
   */
  public Quantizer calibrationTokens(int tokens) {
    if (tokens < 2) {
      throw new IllegalArgumentException("calibration needs at least 2 tokens: " + tokens);
    }
    return new Quantizer(rewrite, format, method, calibration, tokenizer, tokens, passes);
  }

  /**
   * Sets how often {@link QuantMethod#GPTQ} rounds the model. From the second pass on it knows what
   * the classifier will see, which helps if that is the embedding; other models need one only.
   *
   * @param passes at least 1; the default is {@link #DEFAULT_PASSES}
   * @return a quantiser of so many
   * @throws IllegalArgumentException if there is none
   */
  public Quantizer passes(int passes) {
    if (passes < 1) {
      throw new IllegalArgumentException("passes must be at least 1: " + passes);
    }
    return new Quantizer(
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes);
  }

  /**
   * Sets the number of threads. The default is the number of physical cores.
   *
   * @param threads compute threads, the caller included
   * @return a quantiser with as many
   * @throws IllegalArgumentException if there are fewer than 1
   */
  public Quantizer threads(int threads) {
    return new Quantizer(
        rewrite.withThreads(threads),
        format,
        method,
        calibration,
        tokenizer,
        calibrationTokens,
        passes);
  }

  /**
   * Sets who hears of the progress.
   *
   * @param listener called after each part of a tensor
   * @return a quantiser that tells it
   */
  public Quantizer progress(QuantProgress listener) {
    Objects.requireNonNull(listener, "listener");
    return new Quantizer(
        rewrite.withListener(listener),
        format,
        method,
        calibration,
        tokenizer,
        calibrationTokens,
        passes);
  }

  /**
   * Quantises the model. The file appears when it is complete; one that is there is replaced. Until
   * then, and if this fails, nothing changes. It needs memory for what each thread has in hand, a
   * few megabytes, whatever the size of the model.
   *
   * @param out the file to write
   * @return what was written, with the quality of each tensor
   * @throws IllegalArgumentException if the format does not have the method, if the method needs a
   *     calibration text and there is none, or if {@code out} is the model file itself
   * @throws IllegalStateException if no format was chosen
   * @throws io.tmac.ModelFormatException if the file is not a model or is damaged, or if a weight
   *     is NaN or infinite; the message names tensor, row and column
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read,
   *     or one that has few bits per weight already
   * @throws IOException if a file cannot be read or written
   * @throws java.io.InterruptedIOException if the calling thread was interrupted; it still is
   */
  public QuantReport write(Path out) throws IOException {
    Objects.requireNonNull(out, "out");
    check();
    long start = System.nanoTime();
    List<Double> layerErrors = new ArrayList<>();
    ModelRewrite.Result result =
        rewrite.write(
            out,
            this::work,
            (source, channel, workers, progress) -> {
              requireWide(source.checkpoint());
              Fits fits = fits(source, progress, layerErrors);
              return new TensorMajorWriter(source, format.container(), fits, source.hasClassifier())
                  .write(channel, workers, progress);
            });
    double seconds = (System.nanoTime() - start) * 1e-9;
    List<TensorQuality> tensors = result.errors().stream().map(Quantizer::quality).toList();
    return new QuantReport(
        result.input(),
        out,
        format,
        method,
        result.inputBytes(),
        result.outputBytes(),
        seconds,
        tensors,
        layerErrors);
  }

  private void check() {
    if (format == null) {
      throw new IllegalStateException("no format was chosen: call format(...)");
    }
    if (!format.methods().contains(method)) {
      String known =
          format.methods().stream().map(QuantMethod::id).collect(Collectors.joining(", "));
      throw new IllegalArgumentException(
          "format " + format.id() + " has no method " + method.id() + "; it has " + known);
    }
    if (method == QuantMethod.GPTQ && calibration == null) {
      throw new IllegalArgumentException("method gptq needs a calibration text");
    }
  }

  /** What the codes and scales shall be. */
  private Fits fits(SourceModel source, Progress progress, List<Double> layerErrors)
      throws IOException {
    return switch (method) {
      case PORT -> Fits.port();
      case FITTED -> Fits.leastSquares();
      case SEARCH -> calibration == null ? Fits.leastSquares() : calibration(source).weighted();
      case GPTQ -> {
        Calibration calibrated = calibration(source);
        Calibration.Result result =
            format == QuantFormat.INT4
                ? calibrated.int4(passes, progress)
                : calibrated.ternary(passes, progress);
        layerErrors.addAll(result.layerErrors());
        yield result.fits();
      }
    };
  }

  private Calibration calibration(SourceModel source) throws IOException {
    source.requireFinite();
    CalibrationText text = new CalibrationText(calibration, tokenizer, calibrationTokens);
    int[][] windows = text.windows(rewrite.model(), source.config());
    return new Calibration(source, windows, rewrite.threads());
  }

  /** The weights that progress counts: those of each pass over the model. */
  private long work(SourceModel source) {
    int all = format.container().passes();
    if (method == QuantMethod.GPTQ) {
      all += Calibration.usefulPasses(source, passes);
    }
    return all * source.elements(source.hasClassifier());
  }

  private static void requireWide(Checkpoint checkpoint) {
    if (!(checkpoint.format() instanceof F32) && !(checkpoint.format() instanceof Int8)) {
      throw new UnsupportedModelException(
          checkpoint.source(),
          0,
          "float32 or int8 weights (llama2.c v0, v1, v2 or Q8V1)",
          checkpoint.format().id()
              + " weights: quantise the model they were made of, or convert this one to v0 first");
    }
  }

  private static TensorQuality quality(EncodingError tensor) {
    return new TensorQuality(
        tensor.name(),
        tensor.rows(),
        tensor.cols(),
        tensor.bytes(),
        tensor.mse(),
        tensor.meanSquare(),
        tensor.cosine());
  }
}
