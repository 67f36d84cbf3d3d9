package io.tmac.quant;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** ggml's {@code quantize_row_*_ref}, written down once more, in its order of operations. */
final class GgmlReference {
  private GgmlReference() {}

  /** The bytes of rows of values, which are whole blocks. */
  static byte[] encode(String type, float[] values) {
    ByteBuffer out = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    int block =
        switch (type) {
          case "q4_0", "q8_0" -> 32;
          case "tq2_0" -> 256;
          default -> 1;
        };
    for (int from = 0; from < values.length; from += block) {
      switch (type) {
        case "q4_0" -> fourBits(values, from, out);
        case "q8_0" -> eightBits(values, from, out);
        case "tq2_0" -> ternary(values, from, out);
        case "f16" -> out.putShort(Float.floatToFloat16(values[from]));
        default -> out.putFloat(values[from]);
      }
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void fourBits(float[] x, int from, ByteBuffer out) {
    float amax = 0;
    float max = 0;
    for (int j = 0; j < 32; j++) {
      if (amax < Math.abs(x[from + j])) {
        amax = Math.abs(x[from + j]);
        max = x[from + j];
      }
    }
    float d = max / -8;
    float id = d != 0 ? 1 / d : 0;
    out.putShort(Float.floatToFloat16(d));
    for (int j = 0; j < 16; j++) {
      int low = Math.min(15, (byte) (x[from + j] * id + 8.5f));
      int high = Math.min(15, (byte) (x[from + 16 + j] * id + 8.5f));
      out.put((byte) (low | high << 4));
    }
  }

  private static void eightBits(float[] x, int from, ByteBuffer out) {
    float d = largest(x, from, 32) / 127;
    float id = d != 0 ? 1 / d : 0;
    out.putShort(Float.floatToFloat16(d));
    for (int j = 0; j < 32; j++) {
      out.put((byte) round(x[from + j] * id));
    }
  }

  private static void ternary(float[] x, int from, ByteBuffer out) {
    float d = largest(x, from, 256);
    float id = d != 0 ? 1 / d : 0;
    for (int half = 0; half < 2; half++) {
      for (int m = 0; m < 32; m++) {
        int bits = 0;
        for (int n = 0; n < 4; n++) {
          bits |= (round(x[from + 128 * half + m + n * 32] * id) + 1) << 2 * n;
        }
        out.put((byte) bits);
      }
    }
    out.putShort(Float.floatToFloat16(d));
  }

  private static float largest(float[] x, int from, int count) {
    float max = 0;
    for (int j = 0; j < count; j++) {
      max = Math.max(max, Math.abs(x[from + j]));
    }
    return max;
  }

  /** C's {@code roundf}: halves away from zero. */
  private static int round(float value) {
    return (int) (value < 0 ? -Math.floor(0.5 - value) : Math.floor(0.5 + value));
  }
}
