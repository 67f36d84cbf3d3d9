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
   * @param logits {@code [vocabSize]}
   */
  static LogSoftmax of(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit); // NaN stays
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return new LogSoftmax(max, Math.log(sum));
  }

  /** The logarithm of the probability of a token with this logit. */
  double log(float logit) {
    return logit - max - logSum;
  }

  /** Minus the logarithm of the probability of a token with this logit. */
  double negativeLogLikelihood(float logit) {
    return logSum - (logit - max);
  }
}
