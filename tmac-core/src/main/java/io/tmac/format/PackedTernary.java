package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The ternary format of BitNet models in Hugging Face folders: two-bit codes of four rows to a
 * byte, and one scale for the tensor, which is stored apart.
 *
 * <pre>
 *   tensor:  rows / 4 x cols bytes; byte (r, c) holds column c of rows
 *
 *   bit   7 6               5 4               3 2             1 0
 *         r + 3 rows / 4    r + 2 rows / 4    r + rows / 4    r      weight = scale * (code - 1)
 * </pre>
 *
 * <p>The code 3 is undefined. A tensor is one matrix: {@code firstRow} is 0.
 *
 * @param scale the scale of all weights
 */
public record PackedTernary(float scale) implements WeightFormat, BlockCodes {
  private static final int ROWS_PER_BYTE = 4;

  /** The low bit of each code of a word. */
  private static final long LOW_BITS = 0x5555_5555_5555_5555L;

  @Override
  public String id() {
    return "packed_ternary";
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the rows are no multiple of 4
   */
  @Override
  public long byteSize(long rows, int cols) {
    if (rows % ROWS_PER_BYTE != 0) {
      throw new IllegalArgumentException("packed rows must be a multiple of 4: " + rows);
    }
    return Math.multiplyExact(rows / ROWS_PER_BYTE, (long) cols);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    long bytes = bytes(matrix, row);
    int shift = shift(matrix, row);
    for (int c = 0; c < matrix.cols(); c++) {
      int code = matrix.data().get(ValueLayout.JAVA_BYTE, bytes + c) >> shift & 3;
      out[c] = (code - 1) * scale;
    }
  }

  @Override
  public long findUndefined(Matrix matrix) {
    MemorySegment data = matrix.data();
    long end = byteSize(matrix.rows(), matrix.cols());
    long at = 0;
    while (at < end) {
      if (at + Long.BYTES <= end && !hasThree(data.get(LittleEndian.LONG, at))) {
        at += Long.BYTES;
      } else if (hasThree(data.get(ValueLayout.JAVA_BYTE, at) & 0xff)) {
        return at;
      } else {
        at++;
      }
    }
    return -1;
  }

  private static boolean hasThree(long codes) {
    return (codes & codes >>> 1 & LOW_BITS) != 0;
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
    int shift = shift(matrix, row);
    MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, bytes(matrix, row), codes, 0, cols);
    for (int c = 0; c < cols; c++) {
      codes[c] = (byte) ((codes[c] >> shift & 3) - 1);
    }
    scales[0] = scale;
  }

  /** Offset of the bytes that hold a row. */
  private static long bytes(Matrix matrix, int row) {
    return matrix.tensorRow(row) % stride(matrix) * matrix.cols();
  }

  /** Place of the codes of a row in their bytes. */
  private static int shift(Matrix matrix, int row) {
    return row / stride(matrix) * 2;
  }

  private static int stride(Matrix matrix) {
    return matrix.rows() / ROWS_PER_BYTE;
  }
}
