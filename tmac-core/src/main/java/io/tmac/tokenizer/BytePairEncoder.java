package io.tmac.tokenizer;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Turns the bytes of a piece into ids: one symbol for each byte or character, then merges.
 *
 * @param vocabulary the pieces
 * @param merges which symbols merge
 * @param unit what a symbol is before it merges
 * @param byteIds [256] the token of each byte, or NOT_FOUND
 * @param unknownId what stands for a character or byte without a token, or NOT_FOUND: then it is
 *     left out
 * @param fuseUnknown whether several such characters side by side become one token
 * @param wholePieces whether a piece that is a token is taken as it is, unmerged
 */
record BytePairEncoder(
    Vocabulary vocabulary,
    Merges merges,
    Unit unit,
    int[] byteIds,
    int unknownId,
    boolean fuseUnknown,
    boolean wholePieces) {

  /** What a symbol is before it merges. */
  enum Unit {
    /** A byte. */
    BYTE,
    /** A character. */
    CHARACTER,
    /** A character; one without a token becomes its bytes if they all have tokens. */
    CHARACTER_OR_BYTES
  }

  PairMerger newMerger() {
    return new PairMerger(vocabulary, merges);
  }

  /** Appends the ids of the piece {@code text[from, to)}. */
  void encode(byte[] text, int from, int to, PairMerger merger, IntStream.Builder ids) {
    int whole = wholePieces ? vocabulary.find(text, from, to) : Vocabulary.NOT_FOUND;
    if (whole != Vocabulary.NOT_FOUND) {
      ids.add(whole);
      return;
    }
    merger.begin(text, from, to);
    boolean afterUnknown = false;
    int start = from;
    while (start < to) {
      int end = symbolEnd(text, start, to);
      int id = unit == Unit.BYTE ? byteIds[text[start] & 0xFF] : vocabulary.find(text, start, end);
      boolean unknown = id == Vocabulary.NOT_FOUND;
      if (!unknown) {
        merger.add(id, end);
      } else if (unit == Unit.CHARACTER_OR_BYTES && haveTokens(text, start, end)) {
        for (int i = start; i < end; i++) {
          merger.add(byteIds[text[i] & 0xFF], i + 1);
        }
        unknown = false;
      } else if (unknownId == Vocabulary.NOT_FOUND) {
        byte[] known = withoutUnknown(text, from, to);
        encode(known, 0, known.length, merger, ids);
        return;
      } else if (fuseUnknown && afterUnknown) {
        merger.extend(end);
      } else {
        merger.add(unknownId, end);
      }
      afterUnknown = unknown;
      start = end;
    }
    merger.merge();
    merger.appendTo(ids);
  }

  private int symbolEnd(byte[] text, int start, int to) {
    return unit == Unit.BYTE ? start + 1 : Utf8.characterEnd(text, start, to);
  }

  /** Leaves out what has no token, so that what is around it may merge. */
  private byte[] withoutUnknown(byte[] text, int from, int to) {
    byte[] known = new byte[to - from];
    int size = 0;
    int end;
    for (int start = from; start < to; start = end) {
      end = symbolEnd(text, start, to);
      if (vocabulary.find(text, start, end) != Vocabulary.NOT_FOUND
          || (unit == Unit.CHARACTER_OR_BYTES && haveTokens(text, start, end))) {
        System.arraycopy(text, start, known, size, end - start);
        size += end - start;
      }
    }
    return Arrays.copyOf(known, size);
  }

  private boolean haveTokens(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (byteIds[text[i] & 0xFF] == Vocabulary.NOT_FOUND) {
        return false;
      }
    }
    return true;
  }
}
