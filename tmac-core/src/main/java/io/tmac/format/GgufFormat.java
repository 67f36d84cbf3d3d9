package io.tmac.format;

import io.tmac.format.BlockScales.Kind;
import io.tmac.format.CodePlane.Bits;
import io.tmac.format.CodePlane.Trits;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The block formats of GGUF files. A row is a number of blocks; a block has a number of codes, and
 * a scale, maybe with a minimum, for each part of it:
 *
 * <pre>
 *   weight = scale * code + minimum
 *
 *   Q4_0    d | 16 bytes of 4 bits                                      code - 8
 *   Q4_1    d | m | 16 bytes of 4 bits
 *   Q5_0    d | 4 bytes of the fifth bit | 16 bytes of 4 bits           code - 16
 *   Q5_1    d | m | 4 bytes of the fifth bit | 16 bytes of 4 bits
 *   Q8_0    d | 32 int8
 *   Q4_K    d | dmin | 12 bytes of scales | 128 bytes of 4 bits
 *   Q5_K    d | dmin | 12 bytes of scales | 32 bytes of the fifth bit | 128 bytes of 4 bits
 *   Q6_K    128 bytes of 4 bits | 64 bytes of 2 bits | 16 int8 scales | d     code - 32
 *   TQ1_0   52 bytes of digits in base 3 | d                            code - 1
 *   TQ2_0   64 bytes of 2 bits | d                                      code - 1
 * </pre>
 *
 * <p>d, m and dmin are float16. {@link CodePlane} draws the order of the codes, {@link BlockScales}
 * that of the scales.
 */
@SuppressWarnings("ImmutableEnumChecker") // Lists of records without state.
public enum GgufFormat implements WeightFormat, BlockCodes {
  /** 4 bits in blocks of 32, around zero. */
  Q4_0(32, 18, Range.INT4, 8, new BlockScales(32, 0, Kind.ONE), new Bits(2, 4, 16, 0)),
  /** 4 bits in blocks of 32, above a minimum. */
  Q4_1(32, 20, Range.INT4, 0, new BlockScales(32, 0, Kind.WITH_MINIMUM), new Bits(4, 4, 16, 0)),
  /** 5 bits in blocks of 32, around zero. */
  Q5_0(
      32,
      22,
      Range.INT8,
      16,
      new BlockScales(32, 0, Kind.ONE),
      new Bits(6, 4, 16, 0),
      new Bits(2, 1, 1, 4)),
  /** 5 bits in blocks of 32, above a minimum. */
  Q5_1(
      32,
      24,
      Range.INT8,
      0,
      new BlockScales(32, 0, Kind.WITH_MINIMUM),
      new Bits(8, 4, 16, 0),
      new Bits(4, 1, 1, 4)),
  /** 8 bits in blocks of 32. */
  Q8_0(32, 34, Range.INT8, 0, new BlockScales(32, 0, Kind.ONE), new Bits(2, 8, 32, 0)),
  /** 4 bits in blocks of 256 of eight parts, above minimums. */
  Q4_K(256, 144, Range.INT4, 0, new BlockScales(32, 0, Kind.SIX_BITS), new Bits(16, 4, 32, 0)),
  /** 5 bits in blocks of 256 of eight parts, above minimums. */
  Q5_K(
      256,
      176,
      Range.INT8,
      0,
      new BlockScales(32, 0, Kind.SIX_BITS),
      new Bits(48, 4, 32, 0),
      new Bits(16, 1, 32, 4)),
  /** 6 bits in blocks of 256 of sixteen parts, around zero. */
  Q6_K(
      256,
      210,
      Range.INT8,
      32,
      new BlockScales(16, 208, Kind.BYTES),
      new Bits(0, 4, 64, 0),
      new Bits(128, 2, 32, 4)),
  /** Ternary in blocks of 256, five weights to a byte. */
  TQ1_0(
      256,
      54,
      Range.TERNARY,
      1,
      new BlockScales(256, 52, Kind.ONE),
      new Trits(0, 32, 5, 0),
      new Trits(32, 16, 5, 160),
      new Trits(48, 4, 4, 240)),
  /** Ternary in blocks of 256, four weights to a byte; a code of 3 is +2 and runs as float. */
  TQ2_0(256, 66, Range.TERNARY, 1, new BlockScales(256, 64, Kind.ONE), new Bits(0, 2, 32, 0));

  private final int blockElements;
  private final int blockBytes;
  private final Range range;
  private final int zero;
  private final BlockScales scales;
  private final CodePlane[] planes;

  /** What is taken off the codes above a minimum, so that they fit the range of the kernel. */
  private final int recentred;

  GgufFormat(
      int blockElements,
      int blockBytes,
      Range range,
      int zero,
      BlockScales scales,
      CodePlane... planes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.range = range;
    this.zero = zero;
    this.scales = scales;
    this.planes = planes;
    this.recentred = range == Range.INT4 && scales.hasMinimum() ? 8 : 0;
  }

  @Override
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Elements of a block; the columns of a matrix are a multiple of it.
   *
   * @return 32 or 256
   */
  public int blockElements() {
    return blockElements;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if rows are no whole blocks
   */
  @Override
  public long byteSize(long rows, int cols) {
    if (cols % blockElements != 0) {
      throw new IllegalArgumentException(
          "rows of " + id() + " must have a multiple of " + blockElements + " columns: " + cols);
    }
    return Math.multiplyExact(rows, (long) (cols / blockElements) * blockBytes);
  }

  private long offset(Matrix matrix, int row) {
    return matrix.tensorRow(row) * byteSize(1, matrix.cols());
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    int cols = matrix.cols();
    long block = offset(matrix, row);
    int part = scales.elements();
    Arrays.fill(out, 0, cols, -zero);
    for (int c = 0; c < cols; c += blockElements, block += blockBytes) {
      for (CodePlane plane : planes) {
        plane.addTo(matrix.data(), block, out, c, blockElements);
      }
      for (int j = 0; j < blockElements / part; j++) {
        float scale = scales.scale(matrix.data(), block, j);
        for (int i = c + j * part; i < c + (j + 1) * part; i++) {
          out[i] *= scale;
        }
        if (scales.hasMinimum()) {
          float minimum = scales.minimum(matrix.data(), block, j);
          for (int i = c + j * part; i < c + (j + 1) * part; i++) {
            out[i] += minimum;
          }
        }
      }
    }
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return Optional.of(this);
  }

  @Override
  public Range range() {
    return range;
  }

  @Override
  public int blockSize(int cols) {
    return scales.elements();
  }

  @Override
  public boolean keepsRange(Matrix matrix) {
    if (this != TQ2_0) {
      return true;
    }
    long end = offset(matrix, matrix.rows() - 1) + byteSize(1, matrix.cols());
    for (long block = offset(matrix, 0); block < end; block += blockBytes) {
      if (TwoBits.hasThree(matrix.data(), block, blockElements / 4)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] rowScales) {
    int cols = matrix.cols();
    long block = offset(matrix, row);
    int parts = blockElements / scales.elements();
    Arrays.fill(codes, 0, cols, (byte) -(zero + recentred));
    for (int c = 0, p = 0; c < cols; c += blockElements, p += parts, block += blockBytes) {
      for (CodePlane plane : planes) {
        plane.addTo(matrix.data(), block, codes, c, blockElements);
      }
      for (int j = 0; j < parts; j++) {
        rowScales[p + j] = scales.scale(matrix.data(), block, j);
      }
    }
  }

  @Override
  public boolean hasMinimums() {
    return scales.hasMinimum();
  }

  @Override
  public void decodeMinimums(Matrix matrix, int row, float[] minimums) {
    long block = offset(matrix, row);
    int parts = blockElements / scales.elements();
    for (int p = 0; p < matrix.cols() / scales.elements(); p += parts, block += blockBytes) {
      for (int j = 0; j < parts; j++) {
        double scale = scales.scale(matrix.data(), block, j);
        minimums[p + j] = (float) (scales.minimum(matrix.data(), block, j) + recentred * scale);
      }
    }
  }
}
