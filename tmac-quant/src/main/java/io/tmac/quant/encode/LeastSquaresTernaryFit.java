package io.tmac.quant.encode;

import java.util.Arrays;

/**
 * The codes and the scale with the least squared error of a row. If k weights become +-1, the best
 * are the k largest, the best scale is their mean magnitude S/k, where S is their sum, and the
 * error falls by {@code S^2 / k}: the k with the most of that is the best one. It is where
 * alternating least squares (Li and Liu 2016, Ternary Weight Networks) ends from the best start.
 */
public final class LeastSquaresTernaryFit implements TernaryFit {
  private static final float MAX_SCALE = 65504; // of float16

  private float[] magnitudes = {};

  /** Creates a fit with buffers of its own. */
  public LeastSquaresTernaryFit() {}

  @Override
  public float fit(int row, float[] values, byte[] codes) {
    float scale = Blocks.float16(Math.min(bestScale(values), MAX_SCALE));
    if (scale == 0) {
      Arrays.fill(codes, 0, values.length, (byte) 0);
    } else {
      // The nearest of -1, 0 and +1 for the scale as it is stored.
      TernaryCodes.threshold(values, values.length, scale / 2, codes);
    }
    return scale;
  }

  private float bestScale(float[] values) {
    int cols = values.length;
    if (magnitudes.length != cols) {
      magnitudes = new float[cols];
    }
    for (int c = 0; c < cols; c++) {
      magnitudes[c] = Math.abs(values[c]);
    }
    Arrays.sort(magnitudes);
    double sum = 0;
    double bestGain = -1;
    double best = 0;
    for (int k = 1; k <= cols; k++) {
      sum += magnitudes[cols - k];
      double gain = sum * sum / k;
      if (gain > bestGain) {
        bestGain = gain;
        best = sum / k;
      }
    }
    return (float) best;
  }
}
