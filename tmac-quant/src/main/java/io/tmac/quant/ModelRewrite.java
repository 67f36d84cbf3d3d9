package io.tmac.quant;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.kernel.Cores;
import io.tmac.quant.encode.EncodingError;
import io.tmac.quant.encode.FileClash;
import io.tmac.quant.encode.OutputFile;
import io.tmac.quant.encode.Progress;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.Workers;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Reads a model and writes another one. The input is mapped, so that memory is bounded by what the
 * threads have in hand. The output appears when it is complete.
 *
 * @param model a model file, or a folder that holds exactly one
 * @param threads compute threads, the caller included
 * @param listener hears of the progress
 */
record ModelRewrite(Path model, int threads, QuantProgress listener) {
  static final QuantProgress SILENT = (tensor, done, total) -> {};

  /** Writes the contents of a file. */
  @FunctionalInterface
  interface Writer {

    /**
     * Writes.
     *
     * @throws io.tmac.TmacException if the model cannot be written so
     */
    List<EncodingError> write(
        SourceModel source, Arena arena, FileChannel out, Workers workers, Progress progress)
        throws IOException;
  }

  /** What was done. */
  record Result(Path input, long inputBytes, long outputBytes, List<EncodingError> errors) {}

  ModelRewrite(Path model) {
    this(model, Cores.usable(), SILENT);
  }

  ModelRewrite {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1: " + threads);
    }
  }

  ModelRewrite withThreads(int threads) {
    return new ModelRewrite(model, threads, listener);
  }

  ModelRewrite withListener(QuantProgress listener) {
    return new ModelRewrite(model, threads, listener);
  }

  /** Does something with a model. */
  @FunctionalInterface
  interface Reader<T> {

    /**
     * Reads.
     *
     * @param source the model
     * @param arena owner of what lives as long as the model
     */
    T read(SourceModel source, Arena arena, Workers workers, Progress progress) throws IOException;
  }

  /**
   * Opens the model.
   *
   * @param what what for, for messages
   * @param work the weights that progress counts
   * @param reader gets it
   */
  <T> T read(String what, ToLongFunction<SourceModel> work, Reader<T> reader) throws IOException {
    Path file = ModelFiles.resolve(model);
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      SourceModel source = SourceModel.of(CheckpointReader.open(file, arena));
      Progress progress = new Counter(listener, work.applyAsLong(source));
      return reader.read(source, arena, workers, progress);
    } catch (ClosedByInterruptException e) {
      InterruptedIOException interrupted = new InterruptedIOException(what);
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  /**
   * Writes a file.
   *
   * @param out the file; replaced if it is there
   * @param work the weights that progress counts
   * @param writer writes its contents
   */
  Result write(Path out, ToLongFunction<SourceModel> work, Writer writer) throws IOException {
    Path file = ModelFiles.resolve(model);
    return read(
        out + " was not written",
        work,
        (source, arena, workers, progress) -> {
          requireOther(out, model, source.checkpoint());
          try (OutputFile output = OutputFile.create(out)) {
            List<EncodingError> errors =
                writer.write(source, arena, output.channel(), workers, progress);
            long bytes = output.channel().size();
            output.commit();
            return new Result(file, source.checkpoint().fileBytes(), bytes, errors);
          }
        });
  }

  /**
   * Refuses to overwrite what is read. A new file in a model's folder is allowed.
   *
   * @param out the file to write
   * @param model the path that was given, a file or a folder
   * @param checkpoint the model that was found there
   * @throws IllegalArgumentException if the output is a file of the model or of its folder
   */
  static void requireOther(Path out, Path model, Checkpoint checkpoint) throws IOException {
    for (Checkpoint.MappedFile input : checkpoint.files()) {
      if (FileClash.between(out, Path.of(input.name()))) {
        throw new IllegalArgumentException("the output " + out + " is the model file itself");
      }
    }
    if (Files.isDirectory(model) && Files.exists(out) && FileClash.between(out, model)) {
      throw new IllegalArgumentException(
          "the output " + out + " would overwrite a file of " + model + ": name a new one");
    }
  }

  /** Adds up what the threads have done. */
  private static final class Counter implements Progress {
    private final QuantProgress listener;
    private final long total;
    private long done;

    Counter(QuantProgress listener, long total) {
      this.listener = listener;
      this.total = total;
    }

    @Override
    public synchronized void add(String tensor, long elements) {
      done += elements;
      listener.update(tensor, done, total);
    }
  }
}
