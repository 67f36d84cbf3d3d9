package io.tmac.quant;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.kernel.Cores;
import io.tmac.quant.encode.EncodingError;
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
        SourceModel source, FileChannel out, Workers workers, Progress progress) throws IOException;
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

  /**
   * Writes a file.
   *
   * @param out the file; replaced if it is there
   * @param work how many weights the writer will report as done
   * @param writer writes its contents
   */
  Result write(Path out, ToLongFunction<SourceModel> work, Writer writer) throws IOException {
    Path file = ModelFiles.resolve(model);
    if (Files.exists(out) && Files.isSameFile(file, out)) {
      throw new IllegalArgumentException("the output " + out + " is the model file itself");
    }
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Checkpoint checkpoint = CheckpointReader.open(file, arena);
      SourceModel source = new SourceModel(checkpoint);
      try (OutputFile output = OutputFile.create(out)) {
        Progress progress = new Counter(listener, work.applyAsLong(source));
        List<EncodingError> errors = writer.write(source, output.channel(), workers, progress);
        long bytes = output.channel().size();
        output.commit();
        return new Result(file, checkpoint.fileBytes(), bytes, errors);
      }
    } catch (ClosedByInterruptException e) {
      InterruptedIOException interrupted = new InterruptedIOException(out + " was not written");
      interrupted.initCause(e);
      throw interrupted;
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
