package io.tmac.format;

import java.lang.foreign.MemorySegment;

/** Floats of 16 bits, little-endian, row after row. */
public enum HalfFloat implements WeightFormat {
  /** IEEE 754 binary16. */
  F16,
  /** bfloat16: the high 16 bits of binary32. */
  BF16;

  private static final int MAGNITUDE = 0x7fff;
  private static final int INFINITY = 0x7c00;

  @Override
  public String id() {
    return this == F16 ? "f16" : "bf16";
  }

  @Override
  public long byteSize(long rows, int cols) {
    return Math.multiplyExact(Math.multiplyExact(rows, (long) cols), 2L);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    MemorySegment data = matrix.data();
    int cols = matrix.cols();
    long offset = matrix.tensorRow(row) * cols * 2;
    if (this == F16) {
      int largest = 0;
      for (int c = 0; c < cols; c++) {
        short half = data.get(LittleEndian.SHORT, offset + 2L * c);
        out[c] = Float.float16ToFloat(half);
        largest = Math.max(largest, half & MAGNITUDE);
      }
      if (largest > INFINITY) {
        keepNans(data, offset, out, cols);
      }
    } else {
      for (int c = 0; c < cols; c++) {
        out[c] = Float.intBitsToFloat(data.get(LittleEndian.SHORT, offset + 2L * c) << 16);
      }
    }
  }

  /** The bits of a NaN stay what they are; processors change the quiet bit. */
  private static void keepNans(MemorySegment data, long offset, float[] out, int cols) {
    for (int c = 0; c < cols; c++) {
      int half = data.get(LittleEndian.SHORT, offset + 2L * c);
      if ((half & MAGNITUDE) > INFINITY) {
        int sign = half & Integer.MIN_VALUE; // A short widens with its sign.
        out[c] = Float.intBitsToFloat(sign | 0x7f80_0000 | (half & 0x3ff) << 13);
      }
    }
  }
}
