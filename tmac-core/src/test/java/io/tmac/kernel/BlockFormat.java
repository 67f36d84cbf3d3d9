package io.tmac.kernel;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.format.PluginFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A plug-in format for tests: all codes as bytes, then a float32 scale for each block of a row. It
 * has every range of codes and every block size.
 *
 * @param size columns that share a scale, or 0 for one scale per row
 * @param hasMinimums whether a float32 minimum for each block follows behind all scales
 */
record BlockFormat(Range range, int size, boolean hasMinimums) implements PluginFormat, BlockCodes {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public byte[] magic() {
    return "TEST".getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String id() {
    return "test_blocks";
  }

  @Override
  public int blockSize(int cols) {
    return size == 0 ? cols : size;
  }

  @Override
  public long byteSize(long rows, int cols) {
    return rows * cols + rows * (cols / blockSize(cols)) * (hasMinimums ? 8L : 4L);
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return Optional.of(this);
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    int cols = matrix.cols();
    int blocks = cols / blockSize(cols);
    long first = (long) matrix.rows() * cols + 4L * row * blocks;
    MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, (long) row * cols, codes, 0, cols);
    MemorySegment.copy(matrix.data(), FLOAT, first, scales, 0, blocks);
  }

  @Override
  public void decodeMinimums(Matrix matrix, int row, float[] minimums) {
    int blocks = matrix.cols() / blockSize(matrix.cols());
    long first = matrix.rows() * (matrix.cols() + 4L * blocks) + 4L * row * blocks;
    MemorySegment.copy(matrix.data(), FLOAT, first, minimums, 0, blocks);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    int cols = matrix.cols();
    byte[] codes = new byte[cols];
    float[] scales = new float[cols / blockSize(cols)];
    float[] minimums = new float[scales.length];
    decodeCodes(matrix, row, codes, scales);
    if (hasMinimums) {
      decodeMinimums(matrix, row, minimums);
    }
    for (int c = 0; c < cols; c++) {
      int block = c / blockSize(cols);
      out[c] = codes[c] * scales[block] + minimums[block];
    }
  }
}
