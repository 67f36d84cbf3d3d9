package io.tmac.tokenizer;

/** Which neighbours merge, into what, and which of them first. Immutable. */
interface Merges {

  /** Two neighbours do not merge. */
  long NONE = Long.MAX_VALUE;

  /**
   * Looks up two neighbours.
   *
   * @param left the id of the left one
   * @param right the id of the right one
   * @param from where the left one starts in {@code text}
   * @param to where the right one ends
   * @return the order, lowest first, in the high half and the id they become in the low half, or
   *     NONE
   */
  long find(int left, int right, byte[] text, int from, int to);

  /** Packs the result of {@link #find}. */
  static long merge(int order, int id) {
    return (long) order << 32 | id;
  }
}
