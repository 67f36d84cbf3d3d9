package io.tmac.quant.train;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.quant.encode.OutputFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A run between two steps: everything that the rest of it depends on.
 *
 * <pre>
 *   "TMTS" | int32 version 1 | int32 step | int32 bytes of run | int64 floats | run, UTF-8, padded to 8
 *   | weights | mean | square: floats each
 * </pre>
 *
 * <p>All numbers are little-endian. {@code run} is a text that says what is trained, how, and on
 * what; a run is continued only if its own is the same.
 */
final class TrainState {
  private static final String MAGIC = "TMTS";
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 24;
  private static final int LONGEST_RUN = 1 << 16;
  private static final int BUFFER = 1 << 16;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  final float[] weights;
  final float[] mean;
  final float[] square;
  int step;

  TrainState(float[] weights) {
    this.weights = weights;
    mean = new float[weights.length];
    square = new float[weights.length];
  }

  /** What must be the same for a run to be continued. */
  static String run(ModelConfig config, boolean tied, TrainOptions options, String more) {
    return config
        + "\ntied="
        + tied
        + "\n"
        + options.withoutWhatResultsDoNotDependOn()
        + "\n"
        + more;
  }

  /** Writes the state beside the file and moves it into place. */
  void save(Path path, String run) throws IOException {
    byte[] text = run.getBytes(StandardCharsets.UTF_8);
    ByteBuffer head = ByteBuffer.allocate((int) begin(text.length)).order(ByteOrder.LITTLE_ENDIAN);
    head.put(MAGIC.getBytes(StandardCharsets.ISO_8859_1)).putInt(VERSION).putInt(step);
    head.putInt(text.length).putLong(weights.length).put(text).rewind();
    try (OutputFile file = OutputFile.create(path)) {
      file.write(head);
      for (float[] floats : List.of(weights, mean, square)) {
        write(floats, file);
      }
      file.channel().force(true);
      file.commit();
    }
  }

  private static void write(float[] floats, OutputFile file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < floats.length; ) {
      int count = Math.min(BUFFER / Float.BYTES, floats.length - at);
      buffer.clear().asFloatBuffer().put(floats, at, count);
      file.write(buffer.limit(count * Float.BYTES));
      at += count;
    }
  }

  /**
   * Reads a state.
   *
   * @param steps the steps of the whole run
   * @throws ModelFormatException if it is damaged
   * @throws IllegalArgumentException if it is of another run
   */
  void load(Path path, String run, int steps) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      if (file.byteSize() < HEADER_BYTES || !TokenFile.magic(file).equals(MAGIC)) {
        throw new ModelFormatException(
            path.toString(), 0, "the state of a training run, which begins with TMTS", "no such");
      }
      int length = file.get(TokenFile.INT, 12);
      long floats = file.get(TokenFile.LONG, 16);
      long begin = begin(Math.clamp(length, 0, LONGEST_RUN));
      if (file.get(TokenFile.INT, 4) != VERSION
          || length < 0
          || length > LONGEST_RUN
          || floats < 0
          || floats > Integer.MAX_VALUE
          || file.get(TokenFile.INT, 8) < 0
          || file.byteSize() != begin + 3 * floats * Float.BYTES) {
        throw new ModelFormatException(
            path.toString(),
            4,
            "version 1 and a size that fits the header",
            "version " + file.get(TokenFile.INT, 4) + " and " + file.byteSize() + " bytes");
      }
      byte[] text = file.asSlice(HEADER_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
      requireSame(path, new String(text, StandardCharsets.UTF_8), run);
      if (floats != weights.length || file.get(TokenFile.INT, 8) > steps) {
        throw new ModelFormatException(
            path.toString(),
            8,
            weights.length + " floats and at most " + steps + " steps",
            floats + " floats and step " + file.get(TokenFile.INT, 8));
      }
      long bytes = floats * Float.BYTES;
      MemorySegment.copy(file, FLOAT, begin, weights, 0, weights.length);
      MemorySegment.copy(file, FLOAT, begin + bytes, mean, 0, weights.length);
      MemorySegment.copy(file, FLOAT, begin + 2 * bytes, square, 0, weights.length);
      step = file.get(TokenFile.INT, 8);
    }
  }

  private static void requireSame(Path path, String found, String wanted) {
    if (!found.equals(wanted)) {
      String[] was = found.split("\n", -1);
      String[] is = wanted.split("\n", -1);
      int line = 0;
      while (line < Math.min(was.length, is.length) && was[line].equals(is[line])) {
        line++;
      }
      throw new IllegalArgumentException(
          path
              + " is the state of another run: it has '"
              + (line < was.length ? was[line] : "")
              + "', this one '"
              + (line < is.length ? is[line] : "")
              + "'; remove it, or name another state");
    }
  }

  private static long begin(int runBytes) {
    return (HEADER_BYTES + runBytes + 7L) / 8 * 8;
  }
}
