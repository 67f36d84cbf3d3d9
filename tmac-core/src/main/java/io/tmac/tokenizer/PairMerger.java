package io.tmac.tokenizer;

import java.util.stream.IntStream;

/**
 * Merges the symbols of a text into pieces, the highest score first.
 *
 * <p>Byte-pair encoding as SentencePiece and llama2.c do it (Sennrich, Haddow and Birch, "Neural
 * Machine Translation of Rare Words with Subword Units", 2016, section 3.2): of all pairs of
 * neighbours whose joined bytes are a piece, the one whose piece has the highest score is replaced
 * by that piece, the leftmost of equals, until no pair is left.
 *
 * <p>Neighbours lie side by side in the text, so a joined pair is a range of it. The symbols form a
 * doubly linked list; a heap holds the pairs by (score, position). An entry of the heap is not
 * removed when its pair changes; it is known to be stale because it no longer has the key of the
 * pair at its position. That makes O(n log n) for n symbols.
 *
 * <p>One instance serves one text.
 */
final class PairMerger {

  private static final int NONE = -1;

  /** In {@link #mergeOrder}: no pair becomes this piece. */
  private static final int NEVER = Integer.MAX_VALUE;

  private final Vocabulary vocabulary;
  private final int[] mergeOrder;
  private final byte[] text;
  private final LongHeap heap = new LongHeap();

  // Symbols, by their position in the list at the start; merging keeps the left one.
  private final int[] ids;
  private final int[] starts; // in text; one more, for where the last symbol ends
  private final int[] previous;
  private final int[] next;
  private final int[] merged; // the id this symbol and its right neighbour would become, or NONE
  private int count;

  /**
   * @param mergeOrder [vocabSize] from {@link #mergeOrder(float[])}
   * @param text the text whose symbols follow; kept, not copied
   */
  PairMerger(Vocabulary vocabulary, int[] mergeOrder, byte[] text) {
    this.vocabulary = vocabulary;
    this.mergeOrder = mergeOrder;
    this.text = text;
    int capacity = text.length;
    this.ids = new int[capacity];
    this.starts = new int[capacity + 1];
    this.previous = new int[capacity];
    this.next = new int[capacity];
    this.merged = new int[capacity];
  }

  /**
   * Turns scores into integers that sort the best first. Like run.c, which starts its search for
   * the best pair at −1e10, this merges no piece whose score is not above that: a score that is NaN
   * makes a piece that only a character can be.
   */
  static int[] mergeOrder(float[] scores) {
    int[] order = new int[scores.length];
    for (int id = 0; id < order.length; id++) {
      int bits = Float.floatToIntBits(scores[id] + 0.0f); // -0.0 becomes 0.0: they are equal
      int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);
      order[id] = scores[id] > -1e10f ? ~ascending : NEVER;
    }
    return order;
  }

  /** Appends a symbol that ends at {@code end} in the text and starts where the last one ended. */
  void add(int id, int end) {
    ids[count] = id;
    previous[count] = count - 1;
    next[count] = count + 1;
    starts[++count] = end;
  }

  /** Merges until no pair is left. */
  void merge() {
    int symbol = 0;
    while (symbol < count) {
      // One stretch at a time: nothing can merge across two bytes that no piece has side by side,
      // such as the end of a word and a space. The heap stays as small as a word.
      do {
        offer(symbol++);
      } while (symbol < count && vocabulary.hasNeighbours(text, starts[symbol]));
      mergeOffered();
    }
  }

  private void mergeOffered() {
    while (!heap.isEmpty()) {
      long key = heap.removeMin();
      int left = (int) key;
      if (merged[left] == NONE || key != key(left)) {
        continue; // stale
      }
      ids[left] = merged[left];
      int right = next[left];
      merged[right] = NONE;
      next[left] = next[right];
      if (next[left] < count) {
        previous[next[left]] = left;
      }
      offer(left);
      if (previous[left] != NONE) {
        offer(previous[left]);
      }
    }
  }

  /** Appends the ids to {@code result}, in order. */
  void appendTo(IntStream.Builder result) {
    for (int symbol = 0; symbol < count; symbol = next[symbol]) {
      result.add(ids[symbol]);
    }
  }

  /** Puts the pair of this symbol and its right neighbour into the heap, if it can merge. */
  private void offer(int symbol) {
    merged[symbol] = findMerged(symbol);
    if (merged[symbol] != NONE) {
      heap.add(key(symbol));
    }
  }

  private int findMerged(int symbol) {
    int right = next[symbol];
    // What is not findable, a byte token, does not stand for its text and merges with nothing.
    if (right == count
        || !vocabulary.hasNeighbours(text, starts[right])
        || !vocabulary.isFindable(ids[symbol])
        || !vocabulary.isFindable(ids[right])) {
      return NONE;
    }
    int id = vocabulary.find(text, starts[symbol], starts[next[right]]);
    return id == Vocabulary.NOT_FOUND || mergeOrder[id] == NEVER ? NONE : id;
  }

  /** Sorts by score, the highest first, then by position. */
  private long key(int symbol) {
    return (long) mergeOrder[merged[symbol]] << 32 | symbol;
  }
}
