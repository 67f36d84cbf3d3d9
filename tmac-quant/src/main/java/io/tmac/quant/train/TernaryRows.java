package io.tmac.quant.train;

import io.tmac.quant.encode.TernaryCodes;
import io.tmac.quant.encode.TernaryFit;

/**
 * Ternary weights of rows that are being trained (BitLinear; Ma et al. 2024, "The Era of 1-bit
 * LLMs", with a scale for each row): codes are those of {@code w / mean(|w|)} rounded, the scale is
 * the mean of {@code |w|} where the code is not 0, in float16. The gradient passes through as if
 * nothing had been rounded (Bengio et al. 2013).
 *
 * <p>The same class writes the file, which therefore is the trained model.
 */
final class TernaryRows implements TernaryFit {

  @Override
  public float fit(int row, float[] values, byte[] codes) {
    float threshold = threshold(values, 0, values.length);
    TernaryCodes.threshold(values, values.length, threshold, codes);
    return scale(values, 0, values.length, threshold);
  }

  private static float threshold(float[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += Math.abs(values[i]);
    }
    return (float) (sum / (to - from) / 2);
  }

  /** The mean size of what is above the threshold; 0 if nothing is. */
  private static float scale(float[] values, int from, int to, float threshold) {
    double sum = 0;
    int count = 0;
    for (int i = from; i < to; i++) {
      float size = Math.abs(values[i]);
      if (size > threshold) {
        sum += size;
        count++;
      }
    }
    return count == 0 ? 0 : (float) (sum / count);
  }

  /** Writes what rows {@code [rows x cols]} from index {@code at} on become, to the same place. */
  static void round(float[] values, int at, int rows, int cols, float[] out) {
    for (int row = at; row < at + rows * cols; row += cols) {
      float threshold = threshold(values, row, row + cols);
      float scale =
          Float.float16ToFloat(Float.floatToFloat16(scale(values, row, row + cols, threshold)));
      for (int i = row; i < row + cols; i++) {
        float sign = values[i] > threshold ? scale : 0;
        out[i] = values[i] < -threshold ? -scale : sign;
      }
    }
  }
}
