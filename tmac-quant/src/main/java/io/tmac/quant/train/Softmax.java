package io.tmac.quant.train;

/** {@code softmax(x)[i] = exp(x[i] - max) / sum}, with the sum of all {@code exp(x[i] - max)}. */
final class Softmax {
  private Softmax() {}

  /**
   * Replaces a row by its softmax. The logarithm of the probability of an {@code x[i]} is {@code
   * factor * x[i] - max - log(sum)}.
   *
   * @param x holds the row from index {@code at}
   * @param count length of the row, at least 1
   * @param factor multiplies the row first, as {@code 1 / sqrt(headDim)} in attention; positive
   * @param stats receives the highest {@code factor * x[i]} and the sum at {@code statsAt} and
   *     {@code statsAt + 1}
   * @throws IllegalArgumentException if the row is empty or the factor is not positive
   * @throws IndexOutOfBoundsException if a range is not inside its array; nothing is written then
   */
  static void softmax(float[] x, int at, int count, float factor, float[] stats, int statsAt) {
    if (count < 1 || !(factor > 0)) {
      throw new IllegalArgumentException("softmax of " + count + " values, factor " + factor);
    }
    FloatMath.check(x, at, count);
    FloatMath.check(stats, statsAt, 2);
    float max = factor * FloatMath.max(x, at, count);
    Exp.exp(x, at, factor, -max, x, at, count);
    float sum = FloatMath.sum(x, at, count);
    FloatMath.scale(x, at, count, 1 / sum);
    stats[statsAt] = max;
    stats[statsAt + 1] = sum;
  }
}
