package io.tmac.format;

import java.lang.foreign.MemorySegment;

/** IEEE 754 binary32, little-endian, row after row. */
public record F32() implements WeightFormat {

  @Override
  public String id() {
    return "f32";
  }

  @Override
  public long byteSize(long rows, int cols) {
    return Math.multiplyExact(Math.multiplyExact(rows, (long) cols), 4L);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    long offset = matrix.tensorRow(row) * matrix.cols() * 4;
    MemorySegment.copy(matrix.data(), LittleEndian.FLOAT, offset, out, 0, matrix.cols());
  }
}
