package io.tmac.quant.calibrate;

import java.util.Random;

/** Least-squares problems of random inputs. */
final class Problems {
  private Problems() {}

  /** {@code sum x x^T} over tokens whose columns depend on each other, plus a small ridge. */
  static double[] inputs(int n, int tokens, Random random) {
    double[] h = new double[n * n];
    double[] x = new double[n];
    for (int t = 0; t < tokens; t++) {
      double common = random.nextGaussian();
      for (int c = 0; c < n; c++) {
        x[c] = (random.nextGaussian() + common) * (1 + c % 3);
      }
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          h[i * n + j] += x[i] * x[j];
        }
      }
    }
    for (int i = 0; i < n; i++) {
      h[i * n + i] += 0.01 * tokens;
    }
    return h;
  }

  /** A row of weights. */
  static double[] weights(int n, Random random) {
    return random.doubles(n, -1, 1).toArray();
  }

  /** {@code w H}. */
  static double[] times(double[] w, double[] h) {
    int n = w.length;
    double[] b = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        b[j] += w[i] * h[i * n + j];
      }
    }
    return b;
  }

  /** {@code (w - q) H (w - q)^T}. */
  static double error(double[] w, double[] q, double[] h) {
    int n = w.length;
    double[] e = new double[n];
    for (int c = 0; c < n; c++) {
      e[c] = w[c] - q[c];
    }
    double[] eh = times(e, h);
    double error = 0;
    for (int c = 0; c < n; c++) {
      error += e[c] * eh[c];
    }
    return error;
  }

  /** The values that codes and scales stand for. */
  static double[] values(byte[] codes, float... scales) {
    double[] values = new double[codes.length];
    for (int c = 0; c < codes.length; c++) {
      values[c] = codes[c] * (double) scales[c % scales.length];
    }
    return values;
  }
}
