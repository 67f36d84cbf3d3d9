package io.tmac.tokenizer;

import java.util.stream.IntStream;

/**
 * Merges the symbols of a text into pieces.
 *
 * <p>Byte-pair encoding (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
 * Subword Units", 2016, section 3.2): of all pairs of neighbours that {@link Merges} knows, the
 * first in its order is replaced by what it becomes, the leftmost of equals, until no pair is left.
 *
 * <p>Neighbours lie side by side in the text, so a joined pair is a range of it. The symbols form a
 * doubly linked list; a heap holds the pairs by (order, position). An entry of the heap is not
 * removed when its pair changes; it is known to be stale because it no longer has the key of the
 * pair at its position. That makes O(n log n) for n symbols.
 *
 * <p>One instance serves one thread and any number of texts, one after the other.
 */
final class PairMerger {

  private static final int NONE = -1;

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final LongHeap heap = new LongHeap();
  private byte[] text;

  // Symbols, by their position in the list at the start; merging keeps the left one.
  private int[] ids = {};
  private int[] starts = {}; // in text; one more, for where the last symbol ends
  private int[] previous = {};
  private int[] next = {};
  private int[] merged = {}; // the id this symbol and its right neighbour would become, or NONE
  private int[] order = {}; // and when
  private int count;

  PairMerger(Vocabulary vocabulary, Merges merges) {
    this.vocabulary = vocabulary;
    this.merges = merges;
  }

  /**
   * Begins with a text, or a part of one.
   *
   * @param text kept, not copied
   * @param from where the first symbol will start
   * @param to where the last one will end
   */
  void begin(byte[] text, int from, int to) {
    this.text = text;
    count = 0;
    if (to - from > ids.length) {
      int capacity = Math.max(to - from, 64);
      ids = new int[capacity];
      starts = new int[capacity + 1];
      previous = new int[capacity];
      next = new int[capacity];
      merged = new int[capacity];
      order = new int[capacity];
    }
    if (starts.length > 0) {
      starts[0] = from;
    }
  }

  /** Appends a symbol that ends at {@code end} in the text and starts where the last one ended. */
  void add(int id, int end) {
    ids[count] = id;
    previous[count] = count - 1;
    next[count] = count + 1;
    starts[++count] = end;
  }

  /** Makes the last symbol end at {@code end}. */
  void extend(int end) {
    starts[count] = end;
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
    long found = find(symbol);
    merged[symbol] = found == Merges.NONE ? NONE : (int) found;
    if (found != Merges.NONE) {
      order[symbol] = (int) (found >> 32);
      heap.add(key(symbol));
    }
  }

  private long find(int symbol) {
    int right = next[symbol];
    return right == count || !vocabulary.hasNeighbours(text, starts[right])
        ? Merges.NONE
        : merges.find(ids[symbol], ids[right], text, starts[symbol], starts[next[right]]);
  }

  /** Sorts by order, then by position. */
  private long key(int symbol) {
    return (long) order[symbol] << 32 | symbol;
  }
}
