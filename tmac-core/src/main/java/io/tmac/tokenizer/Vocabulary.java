package io.tmac.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;

/**
 * The pieces of a vocabulary, and which id a stretch of bytes has.
 *
 * <p>All pieces lie in one array; they are found through an open-addressing hash table (linear
 * probing, at most half full) over ranges of it, so a look-up allocates nothing. Immutable.
 */
final class Vocabulary {

  static final int NOT_FOUND = -1;

  private final byte[] bytes;
  private final int[] offsets;
  private final int[] lengths;

  private final int[] hashes;
  private final int[] slots; // ids, NOT_FOUND where free; the length is a power of two
  private final BitSet findable;
  private final int maxLength;
  private final BitSet neighbours = new BitSet(1 << 16); // pairs of bytes, side by side in a piece

  /**
   * @param bytes the array that holds all pieces; kept, not copied
   * @param offsets [vocabSize] where each piece starts
   * @param lengths [vocabSize] how long it is
   * @param findable the ids that {@link #find} may return. Of equal pieces the lowest id is
   *     returned; an empty piece is never found
   */
  Vocabulary(byte[] bytes, int[] offsets, int[] lengths, BitSet findable) {
    this.bytes = bytes;
    this.offsets = offsets;
    this.lengths = lengths;
    this.findable = findable;
    this.hashes = new int[offsets.length];
    this.slots = new int[Integer.highestOneBit(Math.max(2, offsets.length)) << 2];
    Arrays.fill(slots, NOT_FOUND);
    int longest = 0;
    for (int id = findable.nextSetBit(0); id >= 0; id = findable.nextSetBit(id + 1)) {
      if (lengths[id] > 0) {
        insert(id);
        longest = Math.max(longest, lengths[id]);
      }
    }
    this.maxLength = longest;
  }

  /**
   * Makes a vocabulary of separate pieces.
   *
   * @param pieces [vocabSize]
   * @param findable as above
   */
  static Vocabulary of(List<byte[]> pieces, BitSet findable) {
    int size = pieces.stream().mapToInt(piece -> piece.length).reduce(0, Math::addExact);
    byte[] bytes = new byte[size];
    int[] offsets = new int[pieces.size()];
    int[] lengths = new int[pieces.size()];
    int offset = 0;
    for (int id = 0; id < offsets.length; id++) {
      byte[] piece = pieces.get(id);
      System.arraycopy(piece, 0, bytes, offset, piece.length);
      offsets[id] = offset;
      lengths[id] = piece.length;
      offset += piece.length;
    }
    return new Vocabulary(bytes, offsets, lengths, findable);
  }

  int size() {
    return offsets.length;
  }

  /** Says whether {@link #find} may return this id. */
  boolean isFindable(int id) {
    return findable.get(id);
  }

  /** Returns a copy of a piece. */
  byte[] piece(int id) {
    Objects.checkIndex(id, size());
    return Arrays.copyOfRange(bytes, offsets[id], offsets[id] + lengths[id]);
  }

  /** Returns the lowest findable id whose piece is {@code text[from, to)}, or NOT_FOUND. */
  int find(byte[] text, int from, int to) {
    if (to - from > maxLength) {
      return NOT_FOUND;
    }
    return slots[slot(hash(text, from, to), text, from, to)];
  }

  /** Says whether some findable piece holds the bytes before and at {@code at} side by side. */
  boolean hasNeighbours(byte[] text, int at) {
    return neighbours.get(pair(text, at));
  }

  private static int pair(byte[] text, int at) {
    return ((text[at - 1] & 0xFF) << 8) | (text[at] & 0xFF);
  }

  private void insert(int id) {
    int from = offsets[id];
    int to = from + lengths[id];
    int hash = hash(bytes, from, to);
    int slot = slot(hash, bytes, from, to);
    if (slots[slot] == NOT_FOUND) { // ids come in rising order: the first of equal pieces stays
      slots[slot] = id;
      hashes[id] = hash;
      for (int i = from + 1; i < to; i++) {
        neighbours.set(pair(bytes, i));
      }
    }
  }

  /** Returns the slot that holds the piece, or the free one where it would be. */
  private int slot(int hash, byte[] text, int from, int to) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != NOT_FOUND && !matches(slots[slot], hash, text, from, to)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean matches(int id, int hash, byte[] text, int from, int to) {
    int offset = offsets[id];
    return hashes[id] == hash && Arrays.equals(bytes, offset, offset + lengths[id], text, from, to);
  }

  /** FNV-1a, with its high bits mixed into the low ones that choose the slot. */
  private static int hash(byte[] text, int from, int to) {
    int hash = 0x811C9DC5;
    for (int i = from; i < to; i++) {
      hash = (hash ^ text[i]) * 0x01000193;
    }
    return hash ^ (hash >>> 15);
  }
}
