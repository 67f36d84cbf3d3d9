package io.tmac.quant;

import io.tmac.ModelOptions;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.BlockCodes.Range;
import io.tmac.format.Int4;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import io.tmac.quant.calibrate.Calibration;
import io.tmac.quant.encode.EncodedModel;
import io.tmac.quant.encode.EncodingError;
import io.tmac.quant.encode.FileClash;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.GgufWriter;
import io.tmac.quant.encode.InterleavedHeads;
import io.tmac.quant.encode.Plan;
import io.tmac.quant.encode.Progress;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.TensorMajorWriter;
import io.tmac.quant.encode.Workers;
import io.tmac.quant.gguf.GgufHeader;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
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
  private final QuantHead head; // null for the format's own choice

  private Quantizer(
      ModelRewrite rewrite,
      QuantFormat format,
      QuantMethod method,
      Path calibration,
      Path tokenizer,
      int calibrationTokens,
      int passes,
      QuantHead head) {
    this.rewrite = rewrite;
    this.format = format;
    this.method = method;
    this.calibration = calibration;
    this.tokenizer = tokenizer;
    this.calibrationTokens = calibrationTokens;
    this.passes = passes;
    this.head = head;
  }

  /**
   * Begins with a model whose weights are not ternary yet: llama2.c v0, v1 or v2, Q8V1, GGUF, or a
   * Hugging Face folder. Models of the last two kinds go to GGUF formats only: files of the others
   * have no room for their position embedding and their tokenizers.
   *
   * @param model a model file, a Hugging Face folder, or a folder that holds exactly one model file
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
        DEFAULT_PASSES,
        null);
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
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes, head);
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
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes, head);
  }

  /**
   * Names a text to see the model's inputs on. {@link QuantMethod#GPTQ} needs one.
   *
   * @param text a file of UTF-8 text, of the kind that the model will be used for
   * @return a quantiser with it
   */
  public Quantizer calibration(Path text) {
    Objects.requireNonNull(text, "text");
    return new Quantizer(rewrite, format, method, text, tokenizer, calibrationTokens, passes, head);
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
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes, head);
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
    return new Quantizer(rewrite, format, method, calibration, tokenizer, tokens, passes, head);
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
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes, head);
  }

  /**
   * Chooses what the embedding and the classifier become. The default is {@link
   * QuantFormat#defaultHead}.
   *
   * @param head the choice; files of the original's formats have {@link QuantHead#OWN} only
   * @return a quantiser that makes them so
   */
  public Quantizer head(QuantHead head) {
    Objects.requireNonNull(head, "head");
    return new Quantizer(
        rewrite, format, method, calibration, tokenizer, calibrationTokens, passes, head);
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
        passes,
        head);
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
        passes,
        head);
  }

  /**
   * Quantises the model. The file appears when it is complete; one that is there is replaced. Until
   * then, and if this fails, nothing changes. It needs memory for what each thread has in hand, a
   * few megabytes, whatever the size of the model.
   *
   * @param out the file to write
   * @return what was written, with the quality of each tensor
   * @throws IllegalArgumentException if the format does not have the method, if the method needs a
   *     calibration text and there is none, or if {@code out} is a file of the model or its folder,
   *     the text or the tokenizer
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
    if (head() == QuantHead.KEEP || (!format.isGguf() && head() != QuantHead.OWN)) {
      throw new IllegalArgumentException(
          "files of format " + format.id() + " cannot have head " + head().id());
    }
    for (Path input : new Path[] {calibration, tokenizer}) {
      if (input != null && FileClash.between(out, input)) {
        throw new IllegalArgumentException("the output " + out + " would overwrite " + input);
      }
    }
    long start = System.nanoTime();
    List<Double> layerErrors = new ArrayList<>();
    ModelRewrite.Result result =
        rewrite.write(
            out,
            this::work,
            (source, arena, channel, workers, progress) ->
                format.isGguf()
                    ? gguf(source, arena, layerErrors, channel, workers, progress)
                    : tensorMajor(source, layerErrors, channel, workers, progress));
    double seconds = (System.nanoTime() - start) * 1e-9;
    List<TensorQuality> tensors = result.errors().stream().map(this::quality).toList();
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

  /**
   * Quantises the model in memory and measures how well it predicts a text then; no file is
   * written. Models of all kinds can be measured in all formats. Matrices are rounded as {@link
   * #write} would round them and run as they would from a file; norms are not changed.
   *
   * @param utf8 the text; names of special tokens in it are ordinary text
   * @param windows how the text is cut
   * @param options how the model runs: its activations and its cache
   * @return the score
   * @throws IllegalArgumentException if the format does not have the method, if the method needs a
   *     calibration text and there is none, or if a window does not fit the context
   * @throws IllegalStateException if no format was chosen
   * @throws io.tmac.TmacException if the model has no tokenizer, or no token can be scored
   * @throws io.tmac.ModelFormatException as {@link #write}
   * @throws UnsupportedModelException as {@link #write}
   * @throws IOException if a file cannot be read
   * @throws java.io.InterruptedIOException if the calling thread was interrupted; it still is
   */
  public Evaluation evaluate(byte[] utf8, Windows windows, ModelOptions options)
      throws IOException {
    Objects.requireNonNull(utf8, "utf8");
    Objects.requireNonNull(windows, "windows");
    Objects.requireNonNull(options, "options");
    check();
    if (!format.isGguf() && head() != QuantHead.OWN && head() != QuantHead.KEEP) {
      throw new IllegalArgumentException(
          "format " + format.id() + " has heads own and keep, not " + head().id());
    }
    return rewrite.read(
        "the model was not evaluated",
        this::work,
        (source, arena, workers, progress) -> {
          requireWide(source.checkpoint());
          WindowedText text = text(source, utf8, windows);
          Fits fits = fits(source, progress, new ArrayList<>());
          Checkpoint encoded = EncodedModel.of(source, plan(), fits, arena, workers, progress);
          try (CheckpointRunner runner =
              new CheckpointRunner(encoded, options, rewrite.threads(), arena)) {
            return Perplexity.evaluate(runner, text);
          }
        });
  }

  private WindowedText text(SourceModel source, byte[] utf8, Windows windows) throws IOException {
    WindowedText.requireFit(source.checkpoint().source(), source.config().contextLength(), windows);
    Tokenizer tokens = CalibrationText.tokenizer(rewrite.model(), tokenizer, source.config());
    return WindowedText.of(tokens, utf8, windows);
  }

  private QuantHead head() {
    return head != null ? head : format.defaultHead();
  }

  private Plan plan() {
    return format.plan(head());
  }

  private List<EncodingError> tensorMajor(
      SourceModel source,
      List<Double> layerErrors,
      FileChannel channel,
      Workers workers,
      Progress progress)
      throws IOException {
    OriginalModels.requireFit(source.checkpoint(), "quantise to " + format.id());
    requireWide(source.checkpoint());
    Fits fits = fits(source, progress, layerErrors);
    return new TensorMajorWriter(source, format.container(), fits, source.hasClassifier())
        .write(channel, workers, progress);
  }

  private List<EncodingError> gguf(
      SourceModel source,
      Arena arena,
      List<Double> layerErrors,
      FileChannel channel,
      Workers workers,
      Progress progress)
      throws IOException {
    requireWide(source.checkpoint());
    GgufHeader header =
        GgufHeader.of(source.checkpoint(), rewrite.model(), tokenizer, format.fileType());
    boolean llama = GgufHeader.architecture(source.checkpoint()).equals("llama");
    SourceModel model = llama ? InterleavedHeads.of(source, arena) : source;
    Fits fits = fits(model, progress, layerErrors);
    return new GgufWriter(model, plan(), fits, header.entries(), header.vectors())
        .write(channel, workers, progress);
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
      case PORT -> format.isGguf() ? Fits.ggml() : Fits.port();
      case FITTED -> Fits.leastSquares();
      case SEARCH -> calibration == null ? Fits.leastSquares() : calibration(source).weighted();
      case GPTQ -> {
        Calibration.Result result = calibration(source).round(plan(), passes, progress);
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
    int all = format.isGguf() ? 1 : format.container().passes();
    if (method == QuantMethod.GPTQ) {
      all += Calibration.usefulPasses(source, plan(), passes);
    }
    return all * source.elements(source.hasClassifier());
  }

  /** Refuses what has few bits per weight already. */
  private static void requireWide(Checkpoint checkpoint) {
    for (Matrix matrix : checkpoint.roles().values()) {
      WeightFormat format = matrix.format();
      boolean ternary =
          format.codes(matrix.cols()).filter(c -> c.range() == Range.TERNARY).isPresent();
      if (ternary || format instanceof Int4) {
        throw new UnsupportedModelException(
            checkpoint.source(),
            0,
            "weights that are not quantised to ternary or int4 yet",
            format.id()
                + " weights in "
                + matrix.name()
                + ": quantise the model they were made of, or convert this one to v0 first");
      }
    }
  }

  private TensorQuality quality(EncodingError tensor) {
    return new TensorQuality(
        tensor.name(),
        tensor.format().id(),
        format.isFallback(tensor.name(), tensor.format(), head()),
        tensor.rows(),
        tensor.cols(),
        tensor.bytes(),
        tensor.mse(),
        tensor.meanSquare(),
        tensor.cosine());
  }
}
