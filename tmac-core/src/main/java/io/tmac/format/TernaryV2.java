package io.tmac.format;

import java.util.Optional;

/**
 * The second ternary format (file magic {@code TM2\0}): each row has a scale of its own and begins
 * at a byte.
 *
 * <pre>
 *   row:  float16 scale | ceil(cols / 4) bytes of two-bit codes     weight = scale * code
 * </pre>
 */
public record TernaryV2() implements WeightFormat, BlockCodes {
  private static final int SCALE_BYTES = 2;

  @Override
  public String id() {
    return "ternary_v2";
  }

  @Override
  public long byteSize(long rows, int cols) {
    return Math.multiplyExact(rows, SCALE_BYTES + Ternary.byteSize(cols));
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    long offset = offset(matrix, row);
    float scale = LittleEndian.float16(matrix.data(), offset);
    Ternary.decode(matrix.data(), offset + SCALE_BYTES, 0, matrix.cols(), scale, out);
  }

  @Override
  public long findUndefined(Matrix matrix) {
    for (int row = 0; row < matrix.rows(); row++) {
      long codes = offset(matrix, row) + SCALE_BYTES;
      long undefined = Ternary.findUndefined(matrix.data(), codes, 0, matrix.cols());
      if (undefined >= 0) {
        return undefined;
      }
    }
    return -1;
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return Optional.of(this);
  }

  @Override
  public Range range() {
    return Range.TERNARY;
  }

  @Override
  public int blockSize(int cols) {
    return cols;
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    long offset = offset(matrix, row);
    scales[0] = LittleEndian.float16(matrix.data(), offset);
    Ternary.decode(matrix.data(), offset + SCALE_BYTES, 0, matrix.cols(), codes);
  }

  @Override
  public boolean decodePacked(Matrix matrix, int row, byte[] packed, float[] scales) {
    long offset = offset(matrix, row);
    scales[0] = LittleEndian.float16(matrix.data(), offset);
    return Ternary.copy(matrix.data(), offset + SCALE_BYTES, 0, matrix.cols(), packed);
  }

  private long offset(Matrix matrix, int row) {
    return matrix.tensorRow(row) * byteSize(1, matrix.cols());
  }
}
