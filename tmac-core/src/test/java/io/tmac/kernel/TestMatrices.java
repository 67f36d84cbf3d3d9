package io.tmac.kernel;

import io.tmac.format.BlockCodes.Range;
import io.tmac.format.F32;
import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.I2s;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.testing.Encoding;
import io.tmac.testing.FileBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import java.util.function.Supplier;

/** Matrices of all formats in memory outside the heap, as a mapped file is. */
final class TestMatrices {

  /** A format together with its writer. */
  @SuppressWarnings("ImmutableEnumChecker") // Formats are records without state.
  enum Kind {
    F32(new F32(), Encoding::float32),
    INT4(new Int4(), Encoding::q4v1),
    INT8_GROUPS(new Int8(Int8.Layout.GROUPS, 32), Encoding::q8v1),
    INT8_THEN_SCALES(new Int8(Int8.Layout.CODES_THEN_SCALES, 64), Encoding.int8(64)),
    TERNARY_V1(new TernaryV1(), Encoding::tmac),
    TERNARY_V2(new TernaryV2(), Encoding::tm2),
    F16(HalfFloat.F16, Encoding::float16),
    Q4_1(GgufFormat.Q4_1, Encoding::q4Above),
    Q5_1(GgufFormat.Q5_1, Encoding::q5Above),
    I2_S(new I2s(), Encoding::i2s);

    private final WeightFormat format;
    private final Encoding encoding;

    Kind(WeightFormat format, Encoding encoding) {
      this.format = format;
      this.encoding = encoding;
    }

    /** Whether rows of this width can be written. */
    boolean canEncode(int cols) {
      return switch (this) {
        case INT8_THEN_SCALES -> cols % 64 == 0;
        case Q4_1, Q5_1 -> cols % 32 == 0;
        case I2_S -> cols % 128 == 0;
        default -> true;
      };
    }

    /** A random matrix. */
    Matrix random(int rows, int cols, long seed) {
      byte[] bytes = encoding.encode(rows, cols, new Random(seed)).bytes();
      return matrix(format, rows, cols, bytes);
    }
  }

  private TestMatrices() {}

  /** A matrix over a copy of these bytes, at an odd address like most tensors in files. */
  static Matrix matrix(WeightFormat format, int rows, int cols, byte[] bytes) {
    MemorySegment segment = Arena.ofAuto().allocate(bytes.length + 1L).asSlice(1);
    segment.copyFrom(MemorySegment.ofArray(bytes));
    return new Matrix("w", rows, cols, format, segment, 0);
  }

  /**
   * A matrix of codes that are given by row and column, and of scales in the order of the blocks.
   */
  static Matrix blocks(
      Range range,
      int blockSize,
      int rows,
      int cols,
      IntBinaryOperator code,
      Supplier<Float> scale) {
    return blocks(range, blockSize, rows, cols, code, scale, Optional.empty());
  }

  /** The same with minimums. */
  static Matrix blocks(
      Range range,
      int blockSize,
      int rows,
      int cols,
      IntBinaryOperator code,
      Supplier<Float> scale,
      Optional<Supplier<Float>> minimum) {
    BlockFormat format = new BlockFormat(range, blockSize, minimum.isPresent());
    FileBytes bytes = new FileBytes();
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        bytes.write(code.applyAsInt(r, c));
      }
    }
    for (int i = 0; i < rows * (cols / format.blockSize(cols)); i++) {
      bytes.float32(scale.get());
    }
    minimum.ifPresent(minimums -> {
      for (int i = 0; i < rows * (cols / format.blockSize(cols)); i++) {
        bytes.float32(minimums.get());
      }
    });
    return matrix(format, rows, cols, bytes.toByteArray());
  }

  /** A matrix of random codes, with scales that are float16 numbers, as all built-in ones are. */
  static Matrix blocks(Range range, int blockSize, int rows, int cols, long seed) {
    Random random = new Random(seed);
    return blocks(
        range,
        blockSize,
        rows,
        cols,
        (r, c) -> randomCode(range, random),
        () -> Float.float16ToFloat(Float.floatToFloat16(random.nextFloat() / cols)));
  }

  /** The same with minimums. */
  static Matrix blocksAbove(Range range, int blockSize, int rows, int cols, long seed) {
    Random random = new Random(seed);
    return blocks(
        range,
        blockSize,
        rows,
        cols,
        (r, c) -> randomCode(range, random),
        () -> random.nextFloat() / cols,
        Optional.of(() -> random.nextFloat() - 0.5f));
  }

  /** A random code of a range. */
  static int randomCode(Range range, Random random) {
    return switch (range) {
      case TERNARY -> random.nextInt(3) - 1;
      case INT4 -> random.nextInt(16) - 8;
      case INT8 -> random.nextInt(256) - 128;
    };
  }
}
