package io.tmac.quant.encode;

import java.util.Arrays;

/**
 * ggml's {@code quantize_row_tq2_0_ref}: the scale is the largest magnitude, and what reaches half
 * of it becomes +1 or -1. It gives weights back that are ternary already.
 */
final class GgmlTernaryFit implements TernaryFit {

  @Override
  public float fit(int row, float[] values, byte[] codes) {
    float scale = Blocks.largestMagnitude(values, 0, values.length);
    float inverse = scale == 0 ? 0 : 1 / scale;
    Arrays.fill(codes, (byte) 0);
    for (int i = 0; i < values.length; i++) {
      float value = values[i] * inverse;
      if (Math.abs(value) >= 0.5f) { // lroundf: halves away from zero
        codes[i] = (byte) Math.signum(value);
      }
    }
    return scale;
  }
}
