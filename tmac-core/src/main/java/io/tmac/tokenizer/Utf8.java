package io.tmac.tokenizer;

/** The two questions about UTF-8 that {@link String} does not answer. */
final class Utf8 {

  /** The longest character run.c cuts, and the longest there is in valid UTF-8. */
  private static final int MAX_BYTES = 4;

  private Utf8() {}

  /**
   * Returns the end of the character that starts at {@code from}, as run.c cuts it: any byte, then
   * the continuation bytes after it, 4 bytes at most. For valid UTF-8 that is a character.
   */
  static int characterEnd(byte[] text, int from, int to) {
    int end = from + 1;
    while (end < to && end - from < MAX_BYTES && isContinuation(text[end])) {
      end++;
    }
    return end;
  }

  /**
   * Returns how many bytes come before an unfinished character at the end; all of them if the last
   * character is whole, or is not one and cannot become one.
   */
  static int completeLength(byte[] bytes) {
    int start = bytes.length - 1;
    while (start > 0 && bytes.length - start < MAX_BYTES && isContinuation(bytes[start])) {
      start--;
    }
    return start >= 0 && isUnfinished(bytes, start) ? start : bytes.length;
  }

  /** Says whether the bytes from {@code start} on are what String takes for half a character. */
  private static boolean isUnfinished(byte[] bytes, int start) {
    int lead = bytes[start] & 0xFF;
    int have = bytes.length - start;
    int need = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    if (have >= need) {
      return false;
    }
    // Overlong forms and values above U+10FFFF show in the second byte. (So do surrogates, but
    // String replaces their three bytes together.)
    int second = have > 1 ? bytes[start + 1] & 0xFF : -1;
    return second < 0
        || switch (lead) {
          case 0xE0 -> second >= 0xA0;
          case 0xF0 -> second >= 0x90;
          case 0xF4 -> second < 0x90;
          default -> true;
        };
  }

  private static boolean isContinuation(byte b) {
    return (b & 0xC0) == 0x80;
  }
}
