package io.tmac.sampling;

import io.tmac.TmacException;
import java.util.Objects;

/**
 * Chooses the next token from logits. One per generation: it holds the random numbers and the
 * tokens seen so far. The package description lists the steps and their order.
 *
 * <pre>{@code
 * Sampler sampler = new Sampler(SamplingOptions.DEFAULT.withTemperature(0.8f), seed, vocabSize);
 * for (int token : prompt) sampler.acceptPrompt(token);
 * while (...) {
 *   int token = sampler.sample(logits);
 *   sampler.accept(token);
 * }
 * }</pre>
 *
 * <p>The tokens are a function of options, seed and logits alone, on every platform and for any
 * number of threads elsewhere: SplitMix64 gives the random numbers, one for each token that is
 * drawn (none at temperature 0), exponentials come from {@link StrictMath}, and sums have a fixed
 * order.
 *
 * <p>NaN counts as -infinity: such a token is never chosen. A +infinity logit wins over every
 * finite one; several share the probability equally, and at temperature 0 the lowest token wins.
 *
 * <p>Not thread-safe. {@link #sample} does not allocate. {@link #accept} does so only while a
 * repetition window fills, a number of times that is logarithmic in its size.
 */
public final class Sampler {

  private final int vocabSize;
  private final Penalties penalties;
  private final LogitBias bias;
  private final float[] adjusted; // [vocabSize], or empty if nothing changes the logits
  private final Candidates candidates; // null at temperature 0
  private final SplitMix64 random;

  /**
   * Creates a sampler.
   *
   * @param options how to choose
   * @param seed start of the random numbers; any value
   * @param vocabSize number of logits, at least 1
   * @throws IllegalArgumentException if {@code vocabSize} is below 1 or {@code options.logitBias()}
   *     has a token outside the vocabulary
   */
  public Sampler(SamplingOptions options, long seed, int vocabSize) {
    Objects.requireNonNull(options, "options");
    if (vocabSize < 1) {
      throw new IllegalArgumentException("vocabSize must be at least 1, got " + vocabSize);
    }
    this.vocabSize = vocabSize;
    bias = new LogitBias(options.logitBias(), vocabSize);
    penalties = new Penalties(options, vocabSize);
    adjusted = new float[penalties.active() || bias.active() ? vocabSize : 0];
    candidates = options.temperature() == 0 ? null : new Candidates(options, vocabSize);
    random = new SplitMix64(seed);
  }

  /**
   * Chooses a token. Does not remember it: a caller that keeps it calls {@link #accept}.
   *
   * @param logits the model's logits [vocabSize]; not modified
   * @return the chosen token
   * @throws IllegalArgumentException if {@code logits} has another length than the vocabulary
   * @throws TmacException if no token can be chosen, because every logit is NaN or -infinity after
   *     penalties and bias. An arbitrary token instead would hide a broken model behind meaningless
   *     text
   */
  public int sample(float[] logits) {
    if (logits.length != vocabSize) {
      throw new IllegalArgumentException(
          "logits must have " + vocabSize + " elements, one per token, got " + logits.length);
    }
    float[] scores = adjust(logits);
    int best = argmax(scores);
    if (best < 0) {
      throw new TmacException(
          "no token can be chosen: all "
              + vocabSize
              + " logits are NaN or -infinity after penalties and logit bias. Check the model's"
              + " weights for NaN, and that logitBias does not forbid every token");
    }
    if (candidates == null) {
      return best;
    }
    candidates.select(scores, scores[best]);
    return candidates.pick(random.nextDouble());
  }

  /**
   * Remembers a token of the generated text, for all three penalties.
   *
   * @param token a token that became part of the text
   * @throws IllegalArgumentException if it is not in the vocabulary
   */
  public void accept(int token) {
    penalties.accept(checked(token));
  }

  /**
   * Remembers a token of the prompt. It counts for the repetition penalty, as in llama.cpp, but not
   * for presence and frequency penalty, which OpenAI defines on the generated text.
   *
   * @param token a token of the prompt, in the order of the prompt
   * @throws IllegalArgumentException if it is not in the vocabulary
   */
  public void acceptPrompt(int token) {
    penalties.acceptPrompt(checked(token));
  }

  /** What the last call of {@link #sample} chose from; null at temperature 0. */
  Candidates candidates() {
    return candidates;
  }

  private int checked(int token) {
    if (token < 0 || token >= vocabSize) {
      throw new IllegalArgumentException("token must be in [0, " + vocabSize + "), got " + token);
    }
    return token;
  }

  /** The logits after penalties and bias: the argument itself where nothing changes it. */
  private float[] adjust(float[] logits) {
    if (adjusted.length == 0) {
      return logits;
    }
    System.arraycopy(logits, 0, adjusted, 0, vocabSize);
    penalties.apply(adjusted);
    bias.apply(adjusted);
    return adjusted;
  }

  /** The lowest token with the highest score; -1 if all are NaN or -infinity. */
  private static int argmax(float[] scores) {
    int best = -1;
    float max = Float.NEGATIVE_INFINITY;
    for (int token = 0; token < scores.length; token++) {
      if (scores[token] > max) { // false for NaN
        max = scores[token];
        best = token;
      }
    }
    return best;
  }
}
