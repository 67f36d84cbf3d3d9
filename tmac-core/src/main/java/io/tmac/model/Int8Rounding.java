package io.tmac.model;

/**
 * Rounds the inputs of matrices as BitNet b1.58 defines it (Ma et al. 2024; {@code BitLinear} of
 * transformers): with {@code s = 127 / max(max|x|, 1e-5)} over a token, {@code x = rint(x * s) /
 * s}, ties to even. Kernels that round such values again, with the same floor of the maximum, get
 * the same codes.
 *
 * <p>In double: embeddings and norms have few bits, so that values of exactly half the maximum,
 * which fall between two codes, do come up.
 */
final class Int8Rounding {
  /** The least that the maximum counts as. */
  static final float LEAST_MAX = 1e-5f;

  private static final int MAX_CODE = 127;

  private Int8Rounding() {}

  /** Rounds {@code n} values from index {@code at} on. */
  static void round(float[] x, int at, int n) {
    double max = LEAST_MAX;
    for (int i = at; i < at + n; i++) {
      max = Math.max(max, Math.abs(x[i]));
    }
    double s = MAX_CODE / max;
    for (int i = at; i < at + n; i++) {
      x[i] = (float) (Math.rint(x[i] * s) / s);
    }
  }

  /** {@link RmsNorm#apply}, and rounds what comes out, without a step of float32 between. */
  static void norm(float[] x, int at, float[] weight, double eps, float[] out) {
    int n = weight.length;
    double root = RmsNorm.root(x, at, n, eps);
    double max = LEAST_MAX;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, Math.abs(x[at + i] / root * weight[i]));
    }
    double s = MAX_CODE / max;
    for (int i = 0; i < n; i++) {
      out[at + i] = (float) (Math.rint(x[at + i] / root * weight[i] * s) / s);
    }
  }
}
