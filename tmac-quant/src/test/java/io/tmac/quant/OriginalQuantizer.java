package io.tmac.quant;

import io.tmac.quant.V0Model.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The original's quantisers once more, on whole tensors in memory and in the simplest way. */
final class OriginalQuantizer {

  /** The formats that it has. */
  static final List<QuantFormat> FORMATS =
      List.of(QuantFormat.INT4, QuantFormat.TERNARY_V1, QuantFormat.TERNARY_V2);

  private final QuantFormat format;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private OriginalQuantizer(QuantFormat format) {
    this.format = format;
  }

  /** The whole file. */
  static byte[] file(V0Model model, QuantFormat format) {
    return new OriginalQuantizer(format).write(model);
  }

  private byte[] write(V0Model model) {
    out.writeBytes(format.magic().getBytes(StandardCharsets.US_ASCII));
    int32(model.header());
    if (format == QuantFormat.INT4) {
      int32(32);
    }
    for (Tensor tensor : model.tensors()) {
      if (format != QuantFormat.TERNARY_V1) {
        out.write(tensor.matrix() ? 1 : 0);
      }
      if (!tensor.matrix()) {
        for (float value : tensor.values()) {
          int32(Float.floatToRawIntBits(value));
        }
        continue;
      }
      switch (format) {
        case INT4 -> int4(tensor.values());
        case TERNARY_V1 -> ternaryV1(tensor.values());
        case TERNARY_V2 -> {
          int32(tensor.rows(), tensor.cols());
          for (int row = 0; row < tensor.rows(); row++) {
            int from = row * tensor.cols();
            ternaryV2(Arrays.copyOfRange(tensor.values(), from, from + tensor.cols()));
          }
        }
      }
    }
    return out.toByteArray();
  }

  private void int4(float[] values) {
    for (int from = 0; from < values.length; from += 32) {
      float[] block = Arrays.copyOf(Arrays.copyOfRange(values, from, from + 32), 32);
      if (from + 32 > values.length) {
        Arrays.fill(block, values.length - from, 32, 0);
      }
      float max = 0;
      for (float value : block) {
        max = Math.max(max, Math.abs(value));
      }
      if (max == 0) {
        out.writeBytes(new byte[18]);
        continue;
      }
      short stored = Float.floatToFloat16(max / 7);
      int16(stored);
      int[] nibbles = new int[32];
      for (int i = 0; i < 32; i++) {
        double rounded = Math.rint(block[i] / Float.float16ToFloat(stored));
        nibbles[i] = Double.isNaN(rounded) ? 8 : (int) Math.clamp(rounded, -8, 7) + 8;
      }
      for (int i = 0; i < 32; i += 2) {
        out.write(nibbles[i] | nibbles[i + 1] << 4);
      }
    }
  }

  private void ternaryV1(float[] values) {
    codes(values, 0.7f * mean(magnitudes(values)));
  }

  private void ternaryV2(float[] row) {
    float[] magnitudes = magnitudes(row);
    float mean = mean(magnitudes);
    float threshold = 0.4f * mean;
    float[] above = new float[row.length];
    int count = 0;
    for (float magnitude : magnitudes) {
      if (magnitude > threshold) {
        above[count++] = magnitude;
      }
    }
    float scale = count > 0 ? mean(Arrays.copyOf(above, count)) : mean + 1e-6f;
    int16(Float.floatToFloat16(scale));
    codes(row, threshold);
  }

  private void codes(float[] values, float threshold) {
    for (int from = 0; from < values.length; from += 4) {
      int bits = 0;
      for (int j = 0; j < 4 && from + j < values.length; j++) {
        float value = values[from + j];
        bits |= (value > threshold ? 1 : value < -threshold ? 3 : 0) << (2 * j);
      }
      out.write(bits);
    }
  }

  private static float[] magnitudes(float[] values) {
    float[] magnitudes = values.clone();
    for (int i = 0; i < magnitudes.length; i++) {
      magnitudes[i] = Math.abs(magnitudes[i]);
    }
    return magnitudes;
  }

  private static float mean(float[] values) {
    return (float) ((double) pairwiseSum(values, 0, values.length) / values.length);
  }

  private static float pairwiseSum(float[] a, int from, int n) {
    if (n > 128) {
      int half = n / 2 - n / 2 % 8;
      return pairwiseSum(a, from, half) + pairwiseSum(a, from + half, n - half);
    }
    float sum = 0;
    int lanes = n < 8 ? 0 : n - n % 8;
    if (lanes > 0) {
      float[] r = Arrays.copyOfRange(a, from, from + 8);
      for (int i = 8; i < lanes; i++) {
        r[i % 8] += a[from + i];
      }
      sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (int i = lanes; i < n; i++) {
      sum += a[from + i];
    }
    return sum;
  }

  private void int16(short value) {
    out.write(value);
    out.write(value >> 8);
  }

  private void int32(int... values) {
    for (int value : values) {
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }
  }
}
