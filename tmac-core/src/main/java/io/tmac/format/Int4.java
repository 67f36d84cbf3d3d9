package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Four-bit weights in blocks of 32 (file magic {@code Q4V1}). The blocks run over the tensor as one
 * flat array, so that a row begins inside a block when {@code cols} is not a multiple of 32; the
 * last block is padded.
 *
 * <pre>
 *   block:  float16 scale | 16 bytes: byte i holds element 2i in its low and 2i+1 in its high half
 *           weight = scale * (nibble - 8)
 * </pre>
 */
public record Int4() implements WeightFormat, BlockCodes {
  private static final int BLOCK = 32;
  private static final int SCALE_BYTES = 2;
  private static final int BLOCK_BYTES = SCALE_BYTES + BLOCK / 2;
  private static final int ZERO = 8;

  @Override
  public String id() {
    return "int4";
  }

  @Override
  public long byteSize(long rows, int cols) {
    long elements = Math.multiplyExact(rows, (long) cols);
    return Math.multiplyExact(Math.ceilDiv(elements, BLOCK), (long) BLOCK_BYTES);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    int cols = matrix.cols();
    long element = matrix.tensorRow(row) * cols;
    for (int c = 0; c < cols; ) {
      long block = element / BLOCK * BLOCK_BYTES;
      float scale = LittleEndian.float16(matrix.data(), block);
      int end = (int) Math.min(cols, c + BLOCK - element % BLOCK);
      for (; c < end; c++, element++) {
        out[c] = code(matrix.data(), block, (int) (element % BLOCK)) * scale;
      }
    }
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return cols % BLOCK == 0 ? Optional.of(this) : Optional.empty();
  }

  @Override
  public Range range() {
    return Range.INT4;
  }

  @Override
  public int blockSize(int cols) {
    return BLOCK;
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    int blocks = matrix.cols() / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block = (matrix.tensorRow(row) * blocks + b) * BLOCK_BYTES;
      scales[b] = LittleEndian.float16(matrix.data(), block);
      for (int i = 0; i < BLOCK; i++) {
        codes[b * BLOCK + i] = (byte) code(matrix.data(), block, i);
      }
    }
  }

  private static int code(MemorySegment data, long block, int element) {
    int pair = data.get(ValueLayout.JAVA_BYTE, block + SCALE_BYTES + element / 2);
    return ((pair >> ((element & 1) * 4)) & 15) - ZERO;
  }
}
