package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.RopePairs;

/**
 * Rotary position embedding (Su et al. 2021): pair j of a head turns by {@code position *
 * theta^(-2j / headDim)}, divided as the model's scaling says. Which elements make a pair is data.
 */
final class Rope {
  private final double[] frequencies;

  /** Distance from one pair to the next, and from the first element of a pair to the second. */
  private final int step;

  private final int partner;

  Rope(ModelConfig config) {
    int pairs = config.headDim() / 2;
    frequencies = new double[pairs];
    for (int j = 0; j < pairs; j++) {
      double frequency = Math.pow(config.ropeTheta(), -2.0 * j / config.headDim());
      frequencies[j] = frequency / config.ropeScaling().divisor(j, frequency);
    }
    boolean interleaved = config.ropePairs() == RopePairs.INTERLEAVED;
    step = interleaved ? 2 : 1;
    partner = interleaved ? 1 : pairs;
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
    int pairs = frequencies.length;
    for (int head = from; head < from + width; head += 2 * pairs) {
      for (int j = 0; j < pairs; j++) {
        float cos = angles[at + 2 * j];
        float sin = angles[at + 2 * j + 1];
        int i = head + j * step;
        float a = x[i];
        float b = x[i + partner];
        x[i] = a * cos - b * sin;
        x[i + partner] = a * sin + b * cos;
      }
    }
  }
}
