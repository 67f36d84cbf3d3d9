package io.tmac.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How probable the model found a token, and which tokens it found most probable instead.
 *
 * <p>The values are the log-softmax of the logits as the model made them: no penalty, no bias, no
 * temperature and no filter of {@link SamplingOptions} has a part in them. They describe the
 * model's distribution, which is what the field {@code logprobs} of OpenAI's API reports. So a
 * token that a bias forced can have a low value, and the chosen token need not be in {@link #top}.
 *
 * <p>NaN logits count as -infinity. Several +infinity logits share the probability equally.
 *
 * @param chosen the chosen token; -infinity if its logit is NaN or -infinity
 * @param top the most probable tokens, best first, equal ones by ascending token; tokens whose
 *     logit is NaN or -infinity are left out
 */
public record Logprobs(TokenLogprob chosen, List<TokenLogprob> top) {

  /**
   * Makes the list immutable.
   *
   * @throws NullPointerException if a component is null
   */
  public Logprobs {
    Objects.requireNonNull(chosen, "chosen");
    top = List.copyOf(top);
  }

  /**
   * Computes the log-probabilities of one step. Costs one exponential per token, so call it only
   * when asked for; it allocates.
   *
   * @param logits the model's logits [vocabSize], unchanged since the forward pass; not modified
   * @param chosen the chosen token
   * @param topCount how many of the most probable tokens to list, at least 0; more than there are
   *     lists all
   * @return the log-probabilities
   * @throws IllegalArgumentException if {@code chosen} is not a token of {@code logits} or {@code
   *     topCount} is negative
   */
  public static Logprobs of(float[] logits, int chosen, int topCount) {
    if (chosen < 0 || chosen >= logits.length) {
      throw new IllegalArgumentException(
          "chosen must be a token in [0, " + logits.length + "), got " + chosen);
    }
    if (topCount < 0) {
      throw new IllegalArgumentException("topCount must be at least 0, got " + topCount);
    }
    float max = max(logits);
    double logSum = logSum(logits, max);

    TokenRanking ranking = new TokenRanking(logits.length, topCount);
    ranking.rank(logits);
    Arrays.sort(ranking.keys, 0, ranking.size);
    List<TokenLogprob> top = new ArrayList<>(ranking.size);
    for (int i = 0; i < ranking.size; i++) {
      int token = TokenRanking.token(ranking.keys[i]);
      top.add(new TokenLogprob(token, logprob(logits[token], max, logSum)));
    }
    return new Logprobs(new TokenLogprob(chosen, logprob(logits[chosen], max, logSum)), top);
  }

  private static float max(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      if (logit > max) { // false for NaN
        max = logit;
      }
    }
    return max;
  }

  /** log(sum(exp(logit - max))), at least 0 if any token is possible. */
  private static double logSum(float[] logits, float max) {
    double sum = 0;
    for (float logit : logits) {
      if (logit == max) { // infinity - infinity would be NaN
        sum += 1;
      } else if (logit < max) {
        sum += StrictMath.exp((double) logit - max);
      }
    }
    return StrictMath.log(sum);
  }

  private static float logprob(float logit, float max, double logSum) {
    if (Float.isNaN(logit) || logit == Float.NEGATIVE_INFINITY) {
      return Float.NEGATIVE_INFINITY;
    }
    double belowMax = logit == max ? 0 : (double) logit - max;
    return (float) (belowMax - logSum);
  }
}
