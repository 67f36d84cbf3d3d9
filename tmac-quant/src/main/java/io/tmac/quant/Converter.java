package io.tmac.quant;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.quant.encode.EncodingError;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Progress;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.TensorMajorFormat;
import io.tmac.quant.encode.TensorMajorWriter;
import io.tmac.quant.encode.VersionedWriter;
import io.tmac.quant.encode.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Writes a model in another container of float32 or int8 weights.
 *
 * <pre>{@code
 * Converter.from(Path.of("model.tm2")).to(ConvertFormat.V0).write(Path.of("model.bin"));
 * }</pre>
 *
 * <p>Converters are immutable and safe for use by many threads. The bytes that are written do not
 * depend on the number of threads.
 */
public final class Converter {
  private final ModelRewrite rewrite;
  private final ConvertFormat format;

  private Converter(ModelRewrite rewrite, ConvertFormat format) {
    this.rewrite = rewrite;
    this.format = format;
  }

  /**
   * Begins with any model that can be read.
   *
   * @param model a model file, or a folder that holds exactly one
   * @return a converter to {@link ConvertFormat#V0} with a thread per physical core
   */
  public static Converter from(Path model) {
    return new Converter(
        new ModelRewrite(Objects.requireNonNull(model, "model")), ConvertFormat.V0);
  }

  /**
   * Chooses the format.
   *
   * @param format the format of the file to write
   * @return a converter to it
   */
  public Converter to(ConvertFormat format) {
    return new Converter(rewrite, Objects.requireNonNull(format, "format"));
  }

  /**
   * Sets the number of threads. The default is the number of physical cores.
   *
   * @param threads compute threads, the caller included
   * @return a converter with as many
   * @throws IllegalArgumentException if there are fewer than 1
   */
  public Converter threads(int threads) {
    return new Converter(rewrite.withThreads(threads), format);
  }

  /**
   * Sets who hears of the progress.
   *
   * @param listener called after each part of a tensor
   * @return a converter that tells it
   */
  public Converter progress(QuantProgress listener) {
    Objects.requireNonNull(listener, "listener");
    return new Converter(rewrite.withListener(listener), format);
  }

  /**
   * Converts the model. The file appears when it is complete; one that is there is replaced.
   *
   * @param out the file to write
   * @return what is in it
   * @throws IllegalArgumentException if {@code out} is a file of the model or its folder
   * @throws ModelFormatException if the file is not a model or is damaged, or if a weight is NaN or
   *     infinite; the message names tensor, row and column
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read
   * @throws IOException if a file cannot be read or written
   * @throws java.io.InterruptedIOException if the calling thread was interrupted; it still is
   */
  public Inspection write(Path out) throws IOException {
    rewrite.write(
        Objects.requireNonNull(out, "out"),
        source -> source.elements(source.hasClassifier()),
        this::write);
    return ModelInspector.inspect(out);
  }

  private List<EncodingError> write(
      SourceModel source, Arena arena, FileChannel out, Workers workers, Progress progress)
      throws IOException {
    OriginalModels.requireFit(source.checkpoint(), "convert");
    source.checkpoint().verify();
    return switch (format) {
      case V0 -> tensorMajor(source, TensorMajorFormat.V0).write(out, workers, progress);
      case V1 -> new VersionedWriter(source, 1).write(out, workers, progress);
      case V2 -> new VersionedWriter(source, 2).write(out, workers, progress);
      case Q8V1 -> tensorMajor(source, TensorMajorFormat.Q8V1).write(out, workers, progress);
    };
  }

  private static TensorMajorWriter tensorMajor(SourceModel source, TensorMajorFormat format) {
    return new TensorMajorWriter(source, format, Fits.port(), source.hasClassifier());
  }
}
