package io.tmac.model;

/**
 * Rotary position embedding (Su et al. 2021): the pair of elements (2j, 2j + 1) of a head turns by
 * {@code position * theta^(-2j / headDim)}.
 */
final class Rope {
  private final double[] frequencies;

  Rope(int headDim, double theta) {
    frequencies = new double[headDim / 2];
    for (int j = 0; j < frequencies.length; j++) {
      frequencies[j] = Math.pow(theta, -2.0 * j / headDim);
    }
  }

  /** Writes the cosines and sines of a position, {@code headDim / 2} each, in turn. */
  void angles(int position, float[] out, int at) {
    for (int j = 0; j < frequencies.length; j++) {
      double angle = position * frequencies[j];
      out[at + 2 * j] = (float) Math.cos(angle);
      out[at + 2 * j + 1] = (float) Math.sin(angle);
    }
  }

  /**
   * Turns all heads of a vector.
   *
   * @param x the vector
   * @param from its first index
   * @param width its length, a multiple of headDim
   * @param angles what {@link #angles} wrote
   * @param at where it wrote it
   */
  void apply(float[] x, int from, int width, float[] angles, int at) {
    int headDim = 2 * frequencies.length;
    for (int head = from; head < from + width; head += headDim) {
      for (int i = 0; i < headDim; i += 2) {
        float cos = angles[at + i];
        float sin = angles[at + i + 1];
        float a = x[head + i];
        float b = x[head + i + 1];
        x[head + i] = a * cos - b * sin;
        x[head + i + 1] = a * sin + b * cos;
      }
    }
  }
}
