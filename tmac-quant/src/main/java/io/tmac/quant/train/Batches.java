package io.tmac.quant.train;

import java.util.SplittableRandom;

/**
 * Texts of a file of tokens. Which ones a step sees depends on the seed and the number of the step
 * alone, so that a run can be continued anywhere.
 *
 * <p>A text is a window that begins anywhere, or at the beginning of the document that is there if
 * the window reaches that far: models that start with a document's first token have seen it first.
 */
record Batches(TokenFile file, int texts, int length, long seed) {
  private static final long STRIDE = 0x9E3779B97F4A7C15L;

  /** Texts one after the other, and for each token the one that comes next. */
  record Batch(int[] tokens, int[] targets) {}

  /**
   * Checks that there is a window.
   *
   * @throws IllegalArgumentException if the file is too short
   */
  Batches {
    requireText(file, length);
  }

  /**
   * Checks that a file has a text of a length.
   *
   * @throws IllegalArgumentException if it is too short
   */
  static void requireText(TokenFile file, int length) {
    if (file.count() <= length) {
      throw new IllegalArgumentException(
          file.path()
              + " has "
              + file.count()
              + " tokens, fewer than a text of "
              + length
              + " and the one after it");
    }
  }

  /**
   * Returns some of a step's texts.
   *
   * @param from the first, of all texts of the step
   * @param count how many
   */
  Batch of(int step, int from, int count) {
    int[] tokens = new int[count * length];
    int[] targets = new int[count * length];
    for (int i = 0; i < count; i++) {
      long number = (long) step * texts + from + i;
      SplittableRandom random = new SplittableRandom(seed + number * STRIDE);
      long last = file.count() - length - 1;
      long at = random.nextLong(last + 1);
      copy(file.document(at, at - length / 2), tokens, targets, i * length);
    }
    return new Batch(tokens, targets);
  }

  private void copy(long at, int[] tokens, int[] targets, int to) {
    for (int i = 0; i < length; i++) {
      tokens[to + i] = file.token(at + i);
      targets[to + i] = file.token(at + i + 1);
    }
  }

  /** The number of windows side by side. */
  int windows() {
    return (int) Math.min(Integer.MAX_VALUE, (file.count() - 1) / length);
  }

  /** Returns windows side by side, for evaluations. */
  Batch windows(int from, int count) {
    int[] tokens = new int[count * length];
    int[] targets = new int[count * length];
    for (int i = 0; i < count; i++) {
      copy((long) (from + i) * length, tokens, targets, i * length);
    }
    return new Batch(tokens, targets);
  }
}
