package io.tmac.tokenizer;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Says what bytes each token stands for.
 *
 * @param vocabulary the pieces
 * @param byteTokens those named {@code <0xNN>} that stand for that byte
 * @param added those that stand for their name as it is
 * @param metaspace whether U+2581 in a piece stands for a space
 * @param leadingSpace where a space at the start of a piece was put there by the encoder
 */
record PieceDecoder(
    Vocabulary vocabulary,
    BitSet byteTokens,
    BitSet added,
    boolean metaspace,
    LeadingSpace leadingSpace) {

  /** Where the encoder puts a space that the text did not have. */
  enum LeadingSpace {
    /** Nowhere. */
    NONE,
    /** At the start of a text. */
    FIRST,
    /** At the start of a text and after each token that is cut out of it. */
    EACH
  }

  /** The UTF-8 of U+2581. */
  private static final byte[] METASPACE = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};

  private static final int NAME_LENGTH = 6; // <0xNN>

  byte[] bytes(int id) {
    if (byteTokens.get(id)) {
      return new byte[] {(byte) byteValue(vocabulary.piece(id))};
    }
    byte[] piece = vocabulary.piece(id);
    return metaspace && !added.get(id) ? withSpaces(piece) : piece;
  }

  /** Returns what a token prints after another one. Neither is a control token. */
  byte[] bytesAfter(boolean start, int previousId, int id) {
    byte[] bytes = bytes(id);
    boolean prefixed =
        switch (leadingSpace) {
          case NONE -> false;
          case FIRST -> start;
          case EACH -> start || added.get(previousId);
        };
    return prefixed && bytes.length > 0 && bytes[0] == ' ' && !added.get(id) && !byteTokens.get(id)
        ? Arrays.copyOfRange(bytes, 1, bytes.length)
        : bytes;
  }

  private static byte[] withSpaces(byte[] piece) {
    byte[] bytes = new byte[piece.length];
    int size = 0;
    int from = 0;
    while (from < piece.length) {
      int to = from + METASPACE.length;
      if (to <= piece.length && Arrays.equals(piece, from, to, METASPACE, 0, METASPACE.length)) {
        bytes[size++] = ' ';
        from = to;
      } else {
        bytes[size++] = piece[from++];
      }
    }
    return Arrays.copyOf(bytes, size);
  }

  /** Returns NN if the piece is {@code <0xNN>}, else −1. */
  static int byteValue(byte[] piece) {
    if (piece.length != NAME_LENGTH
        || piece[0] != '<'
        || piece[1] != '0'
        || piece[2] != 'x'
        || piece[5] != '>') {
      return -1;
    }
    int high = Character.digit(piece[3], 16);
    int low = Character.digit(piece[4], 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }
}
