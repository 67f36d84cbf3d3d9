package io.tmac.quant.encode;

/**
 * Ternary codes of two bits, four to a byte, lowest bits first: 00 = 0, 01 = +1, 11 = -1. {@code
 * io.tmac.format} draws them.
 */
public final class TernaryCodes {

  private TernaryCodes() {}

  /** Bytes that hold {@code count} codes. */
  static int bytes(int count) {
    return (count + 3) / 4;
  }

  /**
   * Writes +1 above the threshold, -1 below its negative, else 0.
   *
   * @param values what is rounded
   * @param count how many of them
   * @param threshold strictly above it a value counts
   * @param codes receives as many codes
   */
  public static void threshold(float[] values, int count, float threshold, byte[] codes) {
    for (int i = 0; i < count; i++) {
      float value = values[i];
      int above = value > threshold ? 1 : 0;
      int below = value < -threshold ? 1 : 0;
      codes[i] = (byte) (above - below);
    }
  }

  /** Packs {@code count} codes into bytes from index {@code at} on; the last one is padded. */
  static void pack(byte[] codes, int count, byte[] out, int at) {
    int whole = count / 4;
    for (int b = 0; b < whole; b++) {
      int w0 = codes[4 * b] & 3;
      int w1 = codes[4 * b + 1] & 3;
      int w2 = codes[4 * b + 2] & 3;
      int w3 = codes[4 * b + 3] & 3;
      out[at + b] = (byte) (w0 | (w1 << 2) | (w2 << 4) | (w3 << 6));
    }
    if (count % 4 != 0) {
      int bits = 0;
      for (int i = 4 * whole; i < count; i++) {
        bits |= (codes[i] & 3) << (2 * (i % 4));
      }
      out[at + whole] = (byte) bits;
    }
  }
}
