package io.tmac.sampling;

/**
 * The tokens that one step may choose from, with their probabilities: top-k, top-p and min-p
 * applied to a logits vector.
 *
 * <p>Nothing is sorted. The nucleus and the drawn token are both found by selection in linear time:
 * "the token at which the running sum, from the best token down, first exceeds a target".
 *
 * <p>Weights are probabilities relative to the best token, whose weight is 1. They are computed
 * with {@link StrictMath}, which gives the same bits on every platform.
 */
final class Candidates {

  private final float temperature;
  private final double topP;
  private final double minP;
  private final TokenRanking ranking;
  private final double[] weights; // [vocabSize], valid for the ranked tokens
  private double mass; // sum of the candidates' weights

  /** Buffers for a vocabulary. The options must have a temperature above 0. */
  Candidates(SamplingOptions options, int vocabSize) {
    temperature = options.temperature();
    topP = options.topP();
    minP = options.minP();
    ranking = new TokenRanking(vocabSize, options.topK() == 0 ? vocabSize : options.topK());
    weights = new double[vocabSize];
  }

  /** Selects the candidates. {@code max} is the highest logit, above -infinity. */
  void select(float[] logits, float max) {
    ranking.rank(logits);
    double total = weigh(max);
    double lowest = minP;
    if (topP < 1) {
      lowest = Math.max(lowest, lowestInNucleus(total));
    }
    // The best token, whose weight is 1, always stays; a weight that underflowed to 0 never does.
    keepWeight(Math.min(1, Math.max(lowest, Double.MIN_VALUE)));
    if (topP < 1) {
      ranking.size = crossing(topP * total) + 1;
      mass = sum(0, ranking.size);
    }
  }

  /** The token that {@code uniform}, in [0, 1), falls on when the best candidates come first. */
  int pick(double uniform) {
    return token(crossing(uniform * mass));
  }

  int size() {
    return ranking.size;
  }

  /** The token of a candidate; candidates are in no particular order. */
  int token(int candidate) {
    return TokenRanking.token(ranking.keys[candidate]);
  }

  double probability(int candidate) {
    return weights[token(candidate)] / mass;
  }

  /** Computes the weights of the ranked tokens; returns their sum. */
  private double weigh(float max) {
    double total = 0;
    for (int i = 0; i < ranking.size; i++) {
      long key = ranking.keys[i];
      float logit = TokenRanking.logit(key);
      // The best ones are told apart because infinity - infinity would be NaN.
      double weight = logit == max ? 1 : StrictMath.exp(((double) logit - max) / temperature);
      weights[TokenRanking.token(key)] = weight;
      total += weight;
    }
    return total;
  }

  /**
   * A weight below that of every token in the nucleus, so that most tokens need no further look
   * (llama2.c, {@code sample_topp}): all tokens below (1 - p) / (n - 1) together have less than 1 -
   * p, so the others reach p. Taken a little lower, so that rounding cannot matter.
   */
  private double lowestInNucleus(double total) {
    return 0.99 * (1 - topP) * total / Math.max(1, ranking.size - 1);
  }

  private void keepWeight(double lowest) {
    int kept = 0;
    mass = 0;
    for (int i = 0; i < ranking.size; i++) {
      long key = ranking.keys[i];
      double weight = weights[TokenRanking.token(key)];
      if (weight >= lowest) {
        ranking.keys[kept++] = key;
        mass += weight;
      }
    }
    ranking.size = kept;
  }

  /**
   * The candidate at which the running sum of weights, best first, exceeds {@code target}; the last
   * one if none does. Afterwards the candidates up to it are the best ones.
   */
  private int crossing(double target) {
    int from = 0;
    int to = ranking.size;
    double before = 0;
    while (to - from > 1) {
      int mid = ranking.split(from, to);
      double sum = before + sum(from, mid);
      if (sum > target) {
        to = mid;
      } else {
        from = mid;
        before = sum;
      }
    }
    return from;
  }

  private double sum(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weights[TokenRanking.token(ranking.keys[i])];
    }
    return sum;
  }
}
