package io.tmac.tokenizer;

import java.util.Arrays;

/**
 * The alphabet in which byte-level vocabularies are written: a printable character for each byte
 * (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, {@code
 * bytes_to_unicode} of its code).
 *
 * <pre>
 *   0x21..0x7E, 0xA1..0xAC, 0xAE..0xFF   the character of that number
 *   the other 68 bytes, in order         U+0100, U+0101, ...   (space is U+0120)
 * </pre>
 */
final class ByteAlphabet {

  private static final int FIRST_OTHER = 0x100;

  private static final char[] CHARACTERS = new char[256];

  /** The byte of each character below U+0144, or −1. */
  private static final short[] BYTES = new short[FIRST_OTHER + 68];

  static {
    Arrays.fill(BYTES, (short) -1);
    char other = FIRST_OTHER;
    for (int value = 0; value < 256; value++) {
      boolean printable = value > 0x20 && value < 0x7F || value > 0xA0 && value != 0xAD;
      CHARACTERS[value] = printable ? (char) value : other++;
      BYTES[CHARACTERS[value]] = (short) value;
    }
  }

  private ByteAlphabet() {}

  static char character(byte value) {
    return CHARACTERS[value & 0xFF];
  }

  /**
   * Returns the bytes that a piece is written for, or null if a character is not of the alphabet.
   */
  static byte[] bytes(String piece) {
    byte[] bytes = new byte[piece.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = piece.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
