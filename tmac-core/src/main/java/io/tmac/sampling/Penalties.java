package io.tmac.sampling;

import java.util.Arrays;

/**
 * The tokens seen so far and what they cost: the repetition penalty counts prompt and text within a
 * window, presence and frequency penalty count the generated text alone.
 */
final class Penalties {

  private static final int FIRST_WINDOW_CAPACITY = 256;

  private final float repetition;
  private final float presence;
  private final float frequency;
  private final int window; // SamplingOptions.WHOLE_HISTORY is the only negative value

  private final int[] windowCounts; // [vocabSize], or empty if the repetition penalty is off
  private final int[] generatedCounts; // [vocabSize], or empty if presence and frequency are off

  /** The tokens of a bounded window: a ring once it is full. Grows, so a huge window is cheap. */
  private int[] recent = new int[0];

  private int recentSize;
  private int oldest;

  Penalties(SamplingOptions options, int vocabSize) {
    repetition = options.repetitionPenalty();
    presence = options.presencePenalty();
    frequency = options.frequencyPenalty();
    window = options.repetitionWindow();
    windowCounts = new int[repetition == 1 || window == 0 ? 0 : vocabSize];
    generatedCounts = new int[presence == 0 && frequency == 0 ? 0 : vocabSize];
  }

  boolean active() {
    return windowCounts.length + generatedCounts.length > 0;
  }

  void acceptPrompt(int token) {
    if (windowCounts.length > 0) {
      windowCounts[token]++;
      if (window > 0) {
        slide(token);
      }
    }
  }

  void accept(int token) {
    acceptPrompt(token);
    if (generatedCounts.length > 0) {
      generatedCounts[token]++;
    }
  }

  /** Appends a token to the window and drops the one that leaves it. */
  private void slide(int token) {
    if (recentSize == window) {
      windowCounts[recent[oldest]]--;
      recent[oldest] = token;
      oldest = (oldest + 1) % window;
      return;
    }
    if (recentSize == recent.length) {
      long doubled = Math.max(FIRST_WINDOW_CAPACITY, 2L * recentSize);
      recent = Arrays.copyOf(recent, (int) Math.min(window, doubled));
    }
    recent[recentSize++] = token;
  }

  /** Applies the penalties to {@code logits} [vocabSize] in place. */
  void apply(float[] logits) {
    for (int token = 0; token < windowCounts.length; token++) {
      if (windowCounts[token] > 0) {
        float logit = logits[token];
        // Dividing a negative logit, as the paper does, would favour it.
        logits[token] = logit > 0 ? logit / repetition : logit * repetition;
      }
    }
    for (int token = 0; token < generatedCounts.length; token++) {
      int count = generatedCounts[token];
      if (count > 0) {
        logits[token] -= count * frequency + presence;
      }
    }
  }
}
