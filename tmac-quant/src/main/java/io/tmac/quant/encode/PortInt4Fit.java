package io.tmac.quant.encode;

import java.util.Arrays;

/**
 * The original's {@code quantize_int4.py}: the largest magnitude of a block becomes 7. A block of
 * zeros has codes -8 and scale 0.
 */
final class PortInt4Fit implements Int4Fit {
  private static final float MAX_CODE = 7;

  @Override
  public float fit(long element, float[] values, int from, byte[] codes) {
    float max = Blocks.largestMagnitude(values, from, BLOCK);
    float scale = max / MAX_CODE;
    if (max == 0) {
      Arrays.fill(codes, from, from + BLOCK, (byte) -8);
    } else {
      Blocks.round(values, from, BLOCK, Blocks.float16(scale), -8, 7, codes);
    }
    return scale;
  }
}
