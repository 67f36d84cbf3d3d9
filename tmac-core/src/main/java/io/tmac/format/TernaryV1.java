package io.tmac.format;

import java.util.Optional;

/**
 * The first ternary format (file magic {@code TMAC}): the two-bit codes of a tensor as one flat
 * array over its rows, {@code ceil(rows * cols / 4)} bytes. A row may begin inside a byte. There is
 * no scale: weights are exactly -1, 0 and +1, so that the output of a model only means something if
 * it was trained for such weights.
 */
public record TernaryV1() implements WeightFormat, BlockCodes {

  @Override
  public String id() {
    return "ternary_v1";
  }

  @Override
  public long byteSize(long rows, int cols) {
    return Ternary.byteSize(Math.multiplyExact(rows, (long) cols));
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    int cols = matrix.cols();
    Ternary.decode(matrix.data(), 0, matrix.tensorRow(row) * cols, cols, 1, out);
  }

  @Override
  public long findUndefined(Matrix matrix) {
    long cols = matrix.cols();
    return Ternary.findUndefined(matrix.data(), 0, matrix.firstRow() * cols, matrix.rows() * cols);
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
    int cols = matrix.cols();
    Ternary.decode(matrix.data(), 0, matrix.tensorRow(row) * cols, cols, codes);
    scales[0] = 1;
  }

  @Override
  public boolean decodePacked(Matrix matrix, int row, byte[] packed, float[] scales) {
    int cols = matrix.cols();
    scales[0] = 1;
    return Ternary.copy(matrix.data(), 0, matrix.tensorRow(row) * cols, cols, packed);
  }
}
