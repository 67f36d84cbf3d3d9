package io.tmac.checkpoint;

import java.util.Arrays;

/**
 * What the quantisers of the original program make of a tensor, dequantised again. Sums and
 * products are float32 in the order of numpy 2.3 and later, so the results are exact.
 */
final class OriginalQuantizer {
  private static final int BLOCK = 32;

  private OriginalQuantizer() {}

  /** Q4V1: blocks of 32 of the flat tensor; a block of zeros has code -8 and scale 0. */
  static float[] int4(float[] weights) {
    return blocks(weights, 7, -8);
  }

  /** Q8V1: the same with codes from -127 to 127. */
  static float[] int8(float[] weights) {
    return blocks(weights, 127, -127);
  }

  /** TMAC: the sign of what exceeds 0.7 times the mean magnitude of the whole tensor. */
  static float[] ternaryV1(float[] weights) {
    float threshold = 0.7f * mean(magnitudes(weights));
    float[] values = new float[weights.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = ternary(weights[i], threshold);
    }
    return values;
  }

  /** TM2: for each row, 0.4 times its mean magnitude; the scale is the mean of what exceeds it. */
  static float[] ternaryV2(float[] weights, int cols) {
    float[] values = new float[weights.length];
    for (int row = 0; row < weights.length; row += cols) {
      float[] magnitudes = magnitudes(Arrays.copyOfRange(weights, row, row + cols));
      float mean = mean(magnitudes);
      float threshold = 0.4f * mean;
      float[] significant = new float[cols];
      int count = 0;
      for (float magnitude : magnitudes) {
        if (magnitude > threshold) {
          significant[count++] = magnitude;
        }
      }
      float scale = float16(count > 0 ? mean(Arrays.copyOf(significant, count)) : mean + 1e-6f);
      for (int i = row; i < row + cols; i++) {
        values[i] = ternary(weights[i], threshold) * scale;
      }
    }
    return values;
  }

  private static float[] blocks(float[] weights, int maxCode, int minCode) {
    float[] values = new float[weights.length];
    for (int first = 0; first < weights.length; first += BLOCK) {
      int end = Math.min(first + BLOCK, weights.length);
      float max = 0;
      for (int i = first; i < end; i++) {
        max = Math.max(max, Math.abs(weights[i]));
      }
      float scale = float16(max / maxCode);
      for (int i = first; i < end; i++) {
        values[i] = max == 0 ? minCode * 0f : code(weights[i] / scale, minCode, maxCode) * scale;
      }
    }
    return values;
  }

  /** Rounds half to even and clips; NaN becomes 0. */
  private static int code(float quotient, int minCode, int maxCode) {
    return (int) Math.clamp(Math.rint(quotient), minCode, maxCode);
  }

  private static int ternary(float weight, float threshold) {
    return weight > threshold ? 1 : weight < -threshold ? -1 : 0;
  }

  private static float[] magnitudes(float[] weights) {
    float[] magnitudes = weights.clone();
    for (int i = 0; i < magnitudes.length; i++) {
      magnitudes[i] = Math.abs(magnitudes[i]);
    }
    return magnitudes;
  }

  private static float mean(float[] values) {
    return (float) ((double) pairwiseSum(values, 0, values.length) / values.length);
  }

  /** numpy's float32 sum: halves, down to runs of at most 128 that are added in eight lanes. */
  private static float pairwiseSum(float[] a, int from, int n) {
    if (n > 128) {
      int half = n / 2 - n / 2 % 8;
      return pairwiseSum(a, from, half) + pairwiseSum(a, from + half, n - half);
    }
    float sum = 0;
    int lanes = n - n % 8;
    if (n >= 8) {
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

  private static float float16(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value));
  }
}
