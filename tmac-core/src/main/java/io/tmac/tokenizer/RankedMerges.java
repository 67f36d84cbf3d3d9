package io.tmac.tokenizer;

import java.util.Arrays;

/** A list of pairs and what they become, the first to merge first. */
final class RankedMerges implements Merges {

  private static final int FREE = -1;

  private final int[] lefts;
  private final int[] rights;
  private final int[] results;

  /** Ranks by the hash of their pair, linear probing, at most half full. */
  private final int[] slots;

  private RankedMerges(int[] lefts, int[] rights, int[] results) {
    this.lefts = lefts;
    this.rights = rights;
    this.results = results;
    this.slots = new int[Integer.highestOneBit(Math.max(2, lefts.length)) << 2];
    Arrays.fill(slots, FREE);
    for (int rank = 0; rank < lefts.length; rank++) {
      int slot = slot(lefts[rank], rights[rank]);
      if (slots[slot] == FREE) { // of equal pairs the first counts
        slots[slot] = rank;
      }
    }
  }

  @Override
  public long find(int left, int right, byte[] text, int from, int to) {
    int rank = slots[slot(left, right)];
    return rank == FREE ? NONE : Merges.merge(rank, results[rank]);
  }

  /** Returns the slot that holds the pair, or the free one where it would be. */
  private int slot(int left, int right) {
    long mixed = ((long) left << 32 | right) * 0x9E3779B97F4A7C15L;
    int mask = slots.length - 1;
    int slot = (int) (mixed >>> 32) & mask;
    while (slots[slot] != FREE && (lefts[slots[slot]] != left || rights[slots[slot]] != right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Collects pairs in the order in which they merge. */
  static final class Builder {
    private int[] lefts = new int[1024];
    private int[] rights = new int[1024];
    private int[] results = new int[1024];
    private int size;

    /** Adds two pieces and what they spell. Says whether all three are pieces of a vocabulary. */
    boolean add(Vocabulary vocabulary, byte[] left, byte[] right) {
      byte[] joined = Arrays.copyOf(left, left.length + right.length);
      System.arraycopy(right, 0, joined, left.length, right.length);
      int leftId = vocabulary.find(left, 0, left.length);
      int rightId = vocabulary.find(right, 0, right.length);
      int result = vocabulary.find(joined, 0, joined.length);
      boolean known =
          leftId != Vocabulary.NOT_FOUND
              && rightId != Vocabulary.NOT_FOUND
              && result != Vocabulary.NOT_FOUND;
      if (known) {
        add(leftId, rightId, result);
      }
      return known;
    }

    void add(int left, int right, int result) {
      if (size == lefts.length) {
        lefts = Arrays.copyOf(lefts, size * 2);
        rights = Arrays.copyOf(rights, size * 2);
        results = Arrays.copyOf(results, size * 2);
      }
      lefts[size] = left;
      rights[size] = right;
      results[size++] = result;
    }

    RankedMerges build() {
      return new RankedMerges(
          Arrays.copyOf(lefts, size), Arrays.copyOf(rights, size), Arrays.copyOf(results, size));
    }
  }
}
