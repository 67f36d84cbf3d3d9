package io.tmac.quant;

/**
 * How well a model predicts a text.
 *
 * @param tokens tokens of the text, without the BOS of each window
 * @param predicted how many of them were predicted and scored
 * @param meanNll mean negative log-likelihood of a scored token, in nats; NaN if the model computes
 *     NaN
 */
public record Evaluation(int tokens, int predicted, double meanNll) {

  /**
   * The perplexity.
   *
   * @return {@code exp(meanNll)}: among how many equally likely tokens the model chooses, so to
   *     speak; infinite if that is beyond a {@code double}
   */
  public double perplexity() {
    return Math.exp(meanNll);
  }
}
