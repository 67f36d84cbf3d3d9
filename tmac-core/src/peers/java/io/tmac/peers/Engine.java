package io.tmac.peers;

/** An engine with a model loaded; it lives as long as its JVM. */
interface Engine {

  /**
   * Computes a prompt from an empty context, and generates from it with greedy sampling, whether
   * the model wants to end or not.
   *
   * @param promptTokens the length of the prompt
   * @param newTokens how many tokens to generate after the first one
   * @return how long it took
   * @throws IllegalStateException if the engine made another number of tokens
   */
  Pass run(int promptTokens, int newTokens);

  /**
   * The times of one pass.
   *
   * @param promptNanos until the first token was chosen
   * @param decodeNanos from there until {@code newTokens} more were
   */
  record Pass(long promptNanos, long decodeNanos) {

    /** The pass whose tokens were chosen at these times, given its start. */
    static Pass of(long start, long[] times) {
      return new Pass(times[0] - start, times[times.length - 1] - times[0]);
    }
  }

  /** A prompt for engines that take token ids. */
  static int[] prompt(int tokens) {
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = 300 + i;
    }
    return ids;
  }

  /** Throws unless all tokens were made. */
  static void checkCount(int made, int wanted) {
    if (made != wanted) {
      throw new IllegalStateException("made " + made + " tokens, not " + wanted);
    }
  }
}
