package io.tmac.quant;

/**
 * How the predictions of a model differ from those of a reference on the same text.
 *
 * @param reference how well the reference predicts the text
 * @param model how well the model does
 * @param kl the Kullback-Leibler divergence {@code sum_i p_i log(p_i / q_i)} of the model's
 *     distribution {@code q} from the reference's {@code p} over the vocabulary, in nats, over all
 *     scored positions; 0 where they are the same
 * @param topAgreement the share of the scored positions at which both find the same token most
 *     likely; of equally likely ones the one with the lowest id counts
 */
public record Divergence(Evaluation reference, Evaluation model, Spread kl, double topAgreement) {

  /**
   * How much worse the model predicts the text.
   *
   * @return its mean negative log-likelihood minus the reference's, in nats; the logarithm of the
   *     ratio of the perplexities
   */
  public double nllDifference() {
    return model.meanNll() - reference.meanNll();
  }
}
