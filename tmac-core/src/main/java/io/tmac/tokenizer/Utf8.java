package io.tmac.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What {@link String} does not say or do about UTF-8. */
final class Utf8 {

  /** The longest character run.c cuts, and the longest there is in valid UTF-8. */
  private static final int MAX_BYTES = 4;

  /** A byte that is not UTF-8 becomes the lone surrogate of this value plus the byte. */
  private static final int ESCAPE = 0xDC00;

  private Utf8() {}

  /**
   * Returns bytes as a text that keeps them: a byte that is not UTF-8 becomes a lone surrogate,
   * U+DC80 to U+DCFF, which {@link #encode} turns back (as Python's "surrogateescape", PEP 383).
   */
  static String decode(byte[] bytes) {
    int valid = validEnd(bytes, 0);
    if (valid == bytes.length) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
    StringBuilder text = new StringBuilder(bytes.length);
    int from = 0;
    while (from < bytes.length) {
      text.append(new String(bytes, from, valid - from, StandardCharsets.UTF_8));
      from = valid;
      if (from < bytes.length) {
        text.append((char) (ESCAPE + (bytes[from++] & 0xFF)));
        valid = validEnd(bytes, from);
      }
    }
    return text.toString();
  }

  /** Returns the bytes of a text of {@link #decode}. Other lone surrogates become '?'. */
  static byte[] encode(String text) {
    ByteArrayOutputStream bytes = null;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      if (isEscape(text, i)) {
        bytes = bytes == null ? new ByteArrayOutputStream(text.length()) : bytes;
        bytes.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
        bytes.write(text.charAt(i) - ESCAPE);
        from = i + 1;
      }
    }
    byte[] rest = text.substring(from).getBytes(StandardCharsets.UTF_8);
    if (bytes == null) {
      return rest;
    }
    bytes.writeBytes(rest);
    return bytes.toByteArray();
  }

  /** Returns how many bytes {@link #encode} makes of {@code text[from, to)}. */
  static int encodedLength(String text, int from, int to) {
    int length = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      length += c < 0x80 || isLoneSurrogate(text, i) ? 1 : c < 0x800 || isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  /** Says whether a text has a surrogate without its partner. */
  static boolean hasLoneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isLoneSurrogate(text, i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSurrogate(char c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static boolean isLoneSurrogate(String text, int at) {
    char c = text.charAt(at);
    return Character.isHighSurrogate(c)
        ? at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1))
        : Character.isLowSurrogate(c)
            && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
  }

  private static boolean isEscape(String text, int at) {
    char c = text.charAt(at);
    return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xFF && isLoneSurrogate(text, at);
  }

  /** Returns the offset of the first byte from {@code from} on that is not UTF-8, or the length. */
  private static int validEnd(byte[] bytes, int from) {
    int at = from;
    while (at < bytes.length) {
      int length = characterLength(bytes, at);
      if (length == 0) {
        return at;
      }
      at += length;
    }
    return at;
  }

  /** Returns the length of the valid character at {@code at}, 0 if there is none. */
  private static int characterLength(byte[] bytes, int at) {
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return 1;
    }
    int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > bytes.length || !isSecondByte(lead, bytes[at + 1] & 0xFF)) {
      return 0;
    }
    for (int i = at + 2; i < at + length; i++) {
      if (!isContinuation(bytes[i])) {
        return 0;
      }
    }
    return length;
  }

  /** Overlong forms, surrogates and values above U+10FFFF show in the second byte. */
  private static boolean isSecondByte(int lead, int second) {
    return switch (lead) {
      case 0xE0 -> second >= 0xA0 && second < 0xC0;
      case 0xED -> second >= 0x80 && second < 0xA0;
      case 0xF0 -> second >= 0x90 && second < 0xC0;
      case 0xF4 -> second >= 0x80 && second < 0x90;
      default -> second >= 0x80 && second < 0xC0;
    };
  }

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
