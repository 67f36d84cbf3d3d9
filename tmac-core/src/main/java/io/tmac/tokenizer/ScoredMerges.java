package io.tmac.tokenizer;

/** SentencePiece's way: whatever two pieces spell together, if it is a piece; best score first. */
final class ScoredMerges implements Merges {

  /** In {@link #order}: no pair becomes this piece. */
  private static final int NEVER = Integer.MAX_VALUE;

  private final Vocabulary vocabulary;
  private final int[] order; // [vocabSize] sorts the best score first

  /**
   * Like run.c, which starts its search for the best pair at −1e10, this merges no piece whose
   * score is not above that: a score that is NaN makes a piece that only a character can be.
   *
   * @param scores [vocabSize]
   */
  ScoredMerges(Vocabulary vocabulary, float[] scores) {
    this.vocabulary = vocabulary;
    this.order = new int[scores.length];
    for (int id = 0; id < order.length; id++) {
      int bits = Float.floatToIntBits(scores[id] + 0.0f); // -0.0 becomes 0.0: they are equal
      int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);
      order[id] = scores[id] > -1e10f ? ~ascending : NEVER;
    }
  }

  @Override
  public long find(int left, int right, byte[] text, int from, int to) {
    // What is not findable, a byte token, does not stand for its text and merges with nothing.
    if (!vocabulary.isFindable(left) || !vocabulary.isFindable(right)) {
      return NONE;
    }
    int id = vocabulary.find(text, from, to);
    return id == Vocabulary.NOT_FOUND || order[id] == NEVER ? NONE : Merges.merge(order[id], id);
  }
}
