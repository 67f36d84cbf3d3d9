package io.tmac.quant.encode;

/**
 * ggml's {@code quantize_row_q4_0_ref}: the value of the largest magnitude, the first one if there
 * are several, becomes -8, so that the scale has the other sign. Codes answer to the scale before
 * it is stored.
 */
final class GgmlInt4Fit implements Int4Fit {
  private static final float MIN_CODE = -8;
  private static final int LEVELS = 16;

  @Override
  public float fit(long element, float[] values, int from, byte[] codes) {
    float magnitude = 0;
    float max = 0;
    for (int i = from; i < from + BLOCK; i++) {
      if (Math.abs(values[i]) > magnitude) {
        magnitude = Math.abs(values[i]);
        max = values[i];
      }
    }
    float scale = max / MIN_CODE; // -0 for a block of zeros, as in ggml
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = from; i < from + BLOCK; i++) {
      int level = (int) (values[i] * inverse + 8.5f); // cut off, not rounded: it is never negative
      codes[i] = (byte) (Math.min(level, LEVELS - 1) - 8);
    }
    return scale;
  }
}
