package io.tmac.tokenizer;

import java.util.Arrays;

/**
 * A text and the pieces it is cut into, in order. What lies between them is dropped. A step of a
 * pre-tokenizer makes new pieces of old ones.
 */
final class Pieces {

  /** The text. */
  final String text;

  /** Whether it stands at the start of what is encoded. */
  final boolean first;

  /** Whether it is written in {@link ByteAlphabet}. */
  final boolean bytes;

  private int[] starts;
  private int[] ends;
  private int count;

  Pieces(String text, boolean first, boolean bytes) {
    this(text, first, bytes, 16);
  }

  private Pieces(String text, boolean first, boolean bytes, int capacity) {
    this.text = text;
    this.first = first;
    this.bytes = bytes;
    this.starts = new int[capacity];
    this.ends = new int[capacity];
  }

  /** A text in one piece. */
  static Pieces whole(String text, boolean first) {
    Pieces pieces = new Pieces(text, first, false, 1);
    pieces.add(0, text.length());
    return pieces;
  }

  int count() {
    return count;
  }

  int start(int piece) {
    return starts[piece];
  }

  int end(int piece) {
    return ends[piece];
  }

  /** Appends a piece unless it is empty. */
  void add(int start, int end) {
    if (start == end) {
      return;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
    }
    starts[count] = start;
    ends[count++] = end;
  }
}
