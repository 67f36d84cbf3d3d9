package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.format.BlockCodes;
import io.tmac.format.F32;
import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.I2s;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.PackedTernary;
import io.tmac.format.PluginFormat;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * A model of any shape with random weights, made in native memory instead of read from a file. The
 * weights have a mean square of about {@code 1 / cols}, so that activations keep their size;
 * TernaryV1 has no scale, and its weights are 0 and +-1.
 *
 * <p>Bytes are filled in as a format packs them, never encoded. The matrices of all layers that are
 * copied into kernel layouts anyway share one tensor, each beginning one row further than that of
 * the layer before: they differ, and take no more memory than one. Those that kernels read in place
 * have bytes of their own, as the weights of a file would have.
 */
public final class RandomCheckpoint {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long ALIGNMENT = 64;

  /** The low bit of each two-bit code of a word. */
  private static final long LOW_BITS = 0x5555_5555_5555_5555L;

  // Root mean squares of codes, all equally likely; half of the ternary ones are 0.
  private static final double INT4_CODES = 4.6;
  private static final double INT8_CODES = 74;
  private static final double TERNARY_CODES = 0.7;

  private final ModelConfig config;
  private final WeightFormat format;
  private final Predicate<Matrix> readInPlace;
  private final Arena kept;
  private final Arena copied;
  private final SplittableRandom random = new SplittableRandom(1);
  private final Map<String, Matrix> tensors = new LinkedHashMap<>();

  private RandomCheckpoint(
      ModelConfig config,
      WeightFormat format,
      Predicate<Matrix> readInPlace,
      Arena kept,
      Arena copied) {
    this.config = config;
    this.format = format;
    this.readInPlace = readInPlace;
    this.kept = kept;
    this.copied = copied;
  }

  /**
   * Makes a model.
   *
   * @param config its shape
   * @param format the format of the embedding and of all matrices of the layers
   * @param head the format of the classifier; if it equals {@code format}, the embedding is the
   *     classifier
   * @param readInPlace whether the kernel of a matrix reads the bytes of the checkpoint; it is
   *     asked with one row
   * @param kept owner of the embedding and of the matrices that are read in place
   * @param copied owner of the others; it may be closed once they have been copied
   * @return the model
   * @throws IllegalArgumentException for formats whose random bytes this class does not know: those
   *     of GGUF files, plug-ins, and Int8 with the scales behind all codes
   * @throws OutOfMemoryError if there is not enough native memory
   */
  public static Checkpoint of(
      ModelConfig config,
      WeightFormat format,
      WeightFormat head,
      Predicate<Matrix> readInPlace,
      Arena kept,
      Arena copied) {
    return new RandomCheckpoint(config, format, readInPlace, kept, copied).make(head);
  }

  private Checkpoint make(WeightFormat head) {
    int dim = config.dim();
    matrix(Checkpoint.EMBEDDING, format, config.vocabSize(), dim, kept);
    norms("attention_norm");
    stackedMatrix("wq", config.queryDim(), dim);
    stackedMatrix("wk", config.kvDim(), dim);
    stackedMatrix("wv", config.kvDim(), dim);
    stackedMatrix("wo", dim, config.queryDim());
    norms("ffn_norm");
    stackedMatrix("w1", config.hiddenDim(), dim);
    stackedMatrix("w2", dim, config.hiddenDim());
    stackedMatrix("w3", config.hiddenDim(), dim);
    norm(Checkpoint.FINAL_NORM);
    if (!head.equals(format)) {
      Arena owner = inPlace(Checkpoint.OUTPUT, head, dim) ? kept : copied;
      matrix(Checkpoint.OUTPUT, head, config.vocabSize(), dim, owner);
    }
    return new Checkpoint(
        "random model", "random weights", format, config, tensors, Map.of(), List.of());
  }

  private void norms(String name) {
    for (int layer = 0; layer < config.layers(); layer++) {
      norm("layers." + layer + "." + name);
    }
  }

  /** A norm that leaves the sizes as they are. */
  private void norm(String name) {
    WeightFormat floats = new F32();
    MemorySegment data = copied.allocate(floats.byteSize(1, config.dim()));
    for (long at = 0; at < data.byteSize(); at += Float.BYTES) {
      data.set(FLOAT, at, 1);
    }
    tensors.put(name, new Matrix(name, 1, config.dim(), floats, data, 0));
  }

  private void matrix(String name, WeightFormat format, int rows, int cols, Arena owner) {
    tensors.put(name, new Matrix(name, rows, cols, format, tensor(format, rows, cols, owner), 0));
  }

  private void stackedMatrix(String name, int rows, int cols) {
    boolean inPlace = inPlace(name, format, cols);
    long step = inPlace ? rows : 1;
    long allRows = rows + (config.layers() - 1) * step;
    MemorySegment data = tensor(format, allRows, cols, inPlace ? kept : copied);
    for (int layer = 0; layer < config.layers(); layer++) {
      String tensor = "layers." + layer + "." + name;
      tensors.put(tensor, new Matrix(tensor, rows, cols, format, data, layer * step));
    }
  }

  private boolean inPlace(String name, WeightFormat format, int cols) {
    MemorySegment row = copied.allocate(format.byteSize(1, cols));
    return readInPlace.test(new Matrix(name, 1, cols, format, row, 0));
  }

  private MemorySegment tensor(WeightFormat format, long rows, int cols, Arena owner) {
    MemorySegment data = owner.allocate(format.byteSize(rows, cols), ALIGNMENT);
    double scale = 1 / Math.sqrt(cols);
    switch (format) {
      case F32 f32 -> fillFloats(data, scale);
      case Int4 int4 -> {
        fillBytes(data, -1L);
        fillScales(data, int4, cols, scale / INT4_CODES);
      }
      case Int8 int8 when int8.layout() == Int8.Layout.GROUPS -> {
        fillBytes(data, -1L);
        fillScales(data, int8, cols, scale / INT8_CODES);
      }
      case TernaryV1 v1 -> fillBytes(data, LOW_BITS);
      case TernaryV2 v2 -> {
        fillBytes(data, LOW_BITS);
        fillScales(data, v2, cols, scale / TERNARY_CODES);
      }
      case Int8 other -> throw unknown(other);
      case HalfFloat half -> throw unknown(half);
      case GgufFormat blocks -> throw unknown(blocks);
      case I2s i2s -> throw unknown(i2s);
      case PackedTernary packed -> throw unknown(packed);
      case PluginFormat plugin -> throw unknown(plugin);
    }
    return data;
  }

  private static IllegalArgumentException unknown(WeightFormat format) {
    return new IllegalArgumentException("no random weights of format " + format);
  }

  /** Equally likely between +-sqrt(3) times {@code scale}. */
  private void fillFloats(MemorySegment data, double scale) {
    float step = (float) (Math.sqrt(3) * scale * 0x1p-31);
    for (long at = 0; at < data.byteSize(); at += Float.BYTES) {
      data.set(FLOAT, at, random.nextInt() * step);
    }
  }

  /**
   * Fills all bytes with random bits. A bit that {@code free} does not have is 0 unless the bit
   * below it is set: with {@link #LOW_BITS} the code 10, which ternary formats do not define, does
   * not come up.
   */
  private void fillBytes(MemorySegment data, long free) {
    long end = data.byteSize() - data.byteSize() % Long.BYTES;
    for (long at = 0; at < end; at += Long.BYTES) {
      data.set(LONG, at, word(free));
    }
    long rest = word(free);
    for (long at = end; at < data.byteSize(); at++, rest >>>= Byte.SIZE) {
      data.set(ValueLayout.JAVA_BYTE, at, (byte) rest);
    }
  }

  private long word(long free) {
    long bits = random.nextLong();
    return bits & (free | (bits & free) << 1);
  }

  /** Puts a float16 between 0.5 and 1.5 times {@code scale} at the head of each block. */
  private <F extends WeightFormat & BlockCodes> void fillScales(
      MemorySegment data, F format, int cols, double scale) {
    long blockBytes = format.byteSize(1, format.blockSize(cols));
    for (long at = 0; at < data.byteSize(); at += blockBytes) {
      float factor = 0.5f + (random.nextInt() >>> 8) * 0x1p-24f;
      data.set(SHORT, at, Float.floatToFloat16((float) scale * factor));
    }
  }
}
