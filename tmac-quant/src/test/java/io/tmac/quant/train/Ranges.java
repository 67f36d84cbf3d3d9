package io.tmac.quant.train;

import java.util.Random;

/** Values for tests. */
final class Ranges {
  private Ranges() {}

  /** Normal numbers. */
  static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }
}
