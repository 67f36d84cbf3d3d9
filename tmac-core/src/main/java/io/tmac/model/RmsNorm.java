package io.tmac.model;

/** Root mean square normalisation (Zhang and Sennrich 2019). */
public final class RmsNorm {
  private RmsNorm() {}

  /**
   * {@code out[i] = weight[i] * x[i] / sqrt(mean(x^2) + eps)}.
   *
   * @param x values
   * @param at index of the first value in {@code x} and in {@code out}
   * @param weight scales {@code [n]}
   * @param eps added to the mean
   * @param out receives {@code n} values
   */
  public static void apply(float[] x, int at, float[] weight, double eps, float[] out) {
    int n = weight.length;
    float scale = (float) (1 / root(x, at, n, eps));
    for (int i = 0; i < n; i++) {
      out[at + i] = weight[i] * (x[at + i] * scale);
    }
  }

  /** {@code sqrt(mean(x^2) + eps)} over {@code n} values. */
  static double root(float[] x, int at, int n, double eps) {
    // Four sums hide the latency of the addition; their order is fixed.
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i < n - 3; i += 4) {
      s0 += (double) x[at + i] * x[at + i];
      s1 += (double) x[at + i + 1] * x[at + i + 1];
      s2 += (double) x[at + i + 2] * x[at + i + 2];
      s3 += (double) x[at + i + 3] * x[at + i + 3];
    }
    for (; i < n; i++) {
      s0 += (double) x[at + i] * x[at + i];
    }
    return Math.sqrt((s0 + s1 + s2 + s3) / n + eps);
  }
}
