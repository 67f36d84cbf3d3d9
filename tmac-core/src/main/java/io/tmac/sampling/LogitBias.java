package io.tmac.sampling;

import java.util.Arrays;
import java.util.Map;

/** A bias per token, in arrays. See {@link SamplingOptions#logitBias} for its meaning. */
final class LogitBias {

  private final int[] tokens; // ascending
  private final float[] biases;
  private final float[] forcedLogits; // scratch, by position in tokens
  private final boolean forces;

  LogitBias(Map<Integer, Float> bias, int vocabSize) {
    check(bias, vocabSize);
    tokens = bias.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    biases = new float[tokens.length];
    forcedLogits = new float[tokens.length];
    boolean forces = false;
    for (int i = 0; i < tokens.length; i++) {
      biases[i] = bias.get(tokens[i]);
      forces |= isForced(i);
    }
    this.forces = forces;
  }

  /** Throws if a token is outside the vocabulary. None is negative. */
  static void check(Map<Integer, Float> bias, int vocabSize) {
    for (int token : bias.keySet()) {
      if (token >= vocabSize) {
        throw new IllegalArgumentException(
            "logitBias has token " + token + ", but the vocabulary is [0, " + vocabSize + ")");
      }
    }
  }

  boolean active() {
    return tokens.length > 0;
  }

  /** Applies the bias to {@code logits} [vocabSize] in place. */
  void apply(float[] logits) {
    if (forces) {
      excludeAllButForced(logits);
      return;
    }
    for (int i = 0; i < tokens.length; i++) {
      boolean forbidden = biases[i] <= -SamplingOptions.ABSOLUTE_BIAS;
      int token = tokens[i];
      logits[token] = forbidden ? Float.NEGATIVE_INFINITY : logits[token] + biases[i];
    }
  }

  private void excludeAllButForced(float[] logits) {
    for (int i = 0; i < tokens.length; i++) {
      forcedLogits[i] = logits[tokens[i]];
    }
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < tokens.length; i++) {
      if (isForced(i)) {
        logits[tokens[i]] = forcedLogits[i];
      }
    }
  }

  private boolean isForced(int i) {
    return biases[i] >= SamplingOptions.ABSOLUTE_BIAS;
  }
}
