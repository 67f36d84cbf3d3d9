package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The ternary format of BitNet models in GGUF files (type I2_S): the two-bit codes of a tensor as
 * one flat array in blocks of 128, and one scale behind them.
 *
 * <pre>
 *   tensor:  rows * cols / 128 blocks | float32 scale | 28 bytes unused
 *   block:   32 bytes; byte i holds elements i, i + 32, i + 64, i + 96, highest bits first
 *            weight = scale * (code - 1); 3 is not used, and a matrix that has it runs as float
 * </pre>
 *
 * <p>Some writers order the codes in other ways under the same type; nothing in the file tells.
 *
 * <p>The scale follows the codes of the whole tensor, so that a tensor is one matrix: {@code
 * firstRow} is 0.
 */
public record I2s() implements WeightFormat, BlockCodes {
  /** Elements of a block; those of a tensor are a multiple of it. */
  public static final int BLOCK = 128;

  private static final int STRIDE = 32;
  private static final int TAIL_BYTES = 32;

  @Override
  public String id() {
    return "i2_s";
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the tensor is no whole number of blocks
   */
  @Override
  public long byteSize(long rows, int cols) {
    long elements = Math.multiplyExact(rows, (long) cols);
    if (elements % BLOCK != 0) {
      throw new IllegalArgumentException(
          "a tensor of i2_s must have a multiple of " + BLOCK + " elements: " + elements);
    }
    return elements / 4 + TAIL_BYTES;
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    MemorySegment data = matrix.data();
    float scale = scale(matrix);
    long element = matrix.tensorRow(row) * matrix.cols();
    for (int c = 0; c < matrix.cols(); c++, element++) {
      out[c] = weight(data, element) * scale;
    }
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
  public boolean keepsRange(Matrix matrix) {
    return !TwoBits.hasThree(matrix.data(), 0, (long) matrix.rows() * matrix.cols() / 4);
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    MemorySegment data = matrix.data();
    long element = matrix.tensorRow(row) * matrix.cols();
    for (int c = 0; c < matrix.cols(); c++, element++) {
      codes[c] = (byte) weight(data, element);
    }
    scales[0] = scale(matrix);
  }

  private static float scale(Matrix matrix) {
    return matrix.data().get(LittleEndian.FLOAT, (long) matrix.rows() * matrix.cols() / 4);
  }

  private static int weight(MemorySegment data, long element) {
    int inBlock = (int) (element % BLOCK);
    int codes = data.get(ValueLayout.JAVA_BYTE, element / BLOCK * STRIDE + inBlock % STRIDE);
    return (codes >> 6 - inBlock / STRIDE * 2 & 3) - 1;
  }
}
