package io.tmac.quant.encode;

/**
 * The original's {@code quantize_tmac_v2.py}: +1 and -1 beyond 0.4 times the row's mean magnitude;
 * the scale is the mean magnitude of those. Thresholds and means are float32 in numpy's order.
 */
final class PortTernaryFit implements TernaryFit {
  private static final float THRESHOLD = 0.4f;

  /** Keeps the scale of a row of zeros above 0. */
  private static final float EPSILON = 1e-6f;

  private float[] magnitudes = {};

  @Override
  public float fit(int row, float[] values, byte[] codes) {
    int cols = values.length;
    if (magnitudes.length != cols) {
      magnitudes = new float[cols];
    }
    for (int c = 0; c < cols; c++) {
      magnitudes[c] = Math.abs(values[c]);
    }
    float mean = PairwiseSum.mean(magnitudes, cols);
    float threshold = THRESHOLD * mean;
    int significant = 0;
    for (int c = 0; c < cols; c++) {
      float magnitude = magnitudes[c];
      magnitudes[significant] = magnitude;
      significant += magnitude > threshold ? 1 : 0;
    }
    TernaryCodes.threshold(values, cols, threshold, codes);
    return significant > 0 ? PairwiseSum.mean(magnitudes, significant) : mean + EPSILON;
  }
}
