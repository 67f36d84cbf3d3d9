package io.tmac.quant;

/**
 * The logarithms of the probabilities that logits mean, in {@code double} and in nats: {@code
 * log(softmax(logits)[i]) = logits[i] - max - log(sum of exp(logits - max))}.
 *
 * @param max the highest logit; NaN if any is NaN
 * @param logSum the logarithm of the sum
 */
record LogSoftmax(double max, double logSum) {

  /**
   * Reads the logits once for their maximum and once for their sum.
   *
   * @param logits holds {@code count} logits from {@code from} on
   */
  static LogSoftmax of(float[] logits, int from, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, logits[i]); // NaN stays
    }
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += Math.exp((double) logits[i] - max);
    }
    return new LogSoftmax(max, Math.log(sum));
  }

  /** Minus the logarithm of the probability of a token with this logit. */
  double negativeLogLikelihood(float logit) {
    return logSum - (logit - max);
  }
}
