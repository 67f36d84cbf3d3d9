package io.tmac.quant.encode;

/** Arithmetic on blocks of values that share a scale. */
final class Blocks {
  private static final int MAGNITUDE = 0x7fff_ffff;

  private Blocks() {}

  /** The nearest float16, ties to even; infinite from 65520 on. */
  static float float16(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value));
  }

  /** The largest magnitude; magnitudes of floats are in the order of their bits. */
  static float largestMagnitude(float[] values, int from, int count) {
    int max = 0;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, Float.floatToRawIntBits(values[i]) & MAGNITUDE);
    }
    return Float.intBitsToFloat(max);
  }

  /**
   * Divides by the scale, rounds half to even and clips. A quotient that is no number becomes 0.
   *
   * @param codes receives the codes, at the same indexes
   */
  static void round(
      float[] values, int from, int count, float scale, float min, float max, byte[] codes) {
    for (int i = from; i < from + count; i++) {
      // Clipping first changes nothing, as the limits are whole numbers.
      float clipped = Math.min(Math.max(values[i] / scale, min), max);
      codes[i] = (byte) Math.rint(clipped);
    }
  }
}
