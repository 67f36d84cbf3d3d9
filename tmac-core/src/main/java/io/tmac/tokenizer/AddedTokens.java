package io.tmac.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The tokens that are cut out of a text before anything else. At each place the longest name wins.
 * Immutable.
 */
final class AddedTokens {

  /**
   * A token that is cut out.
   *
   * @param id its id
   * @param name what stands in the text, not empty
   * @param singleWord only where no letter, digit, mark or the like is beside it
   * @param takesLeft with the white space before it
   * @param takesRight with the white space after it
   */
  record Added(int id, String name, boolean singleWord, boolean takesLeft, boolean takesRight) {

    Added(int id, String name) {
      this(id, name, false, false, false);
    }
  }

  /**
   * Where a token was found.
   *
   * @param start the offset of its first character
   * @param end the offset behind its last one
   */
  record Match(int id, int start, int end) {}

  /** Says where a token may be cut out. */
  @FunctionalInterface
  interface Places {
    /** Everywhere. */
    Places ALL = (id, start, end) -> true;

    boolean allow(int id, int start, int end);
  }

  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  static final AddedTokens NONE = new AddedTokens(List.of());

  private final List<Added> sorted; // by name

  AddedTokens(List<Added> tokens) {
    sorted = new ArrayList<>(tokens);
    sorted.removeIf(token -> token.name.isEmpty());
    sorted.sort(Comparator.comparing(Added::name)); // stable: of equal names the first counts
  }

  /** Returns the first token in {@code text[from, ...)}, or null. */
  Match find(String text, int from) {
    return find(text, from, Places.ALL);
  }

  /** Returns the first token in {@code text[from, ...)} that is at an allowed place, or null. */
  Match find(String text, int from, Places places) {
    if (sorted.isEmpty()) {
      return null;
    }
    for (int start = from; start < text.length(); start++) {
      Added token = at(text, start, places);
      if (token != null) {
        int end = start + token.name.length();
        if (!token.singleWord || isSeparate(text, start, end)) {
          return new Match(
              token.id,
              token.takesLeft ? skipBack(text, start, from) : start,
              token.takesRight ? skip(text, end) : end);
        }
        start = end - 1;
      }
    }
    return null;
  }

  /** Returns the longest token whose name is at {@code start} and may be there, or null. */
  private Added at(String text, int start, Places places) {
    // Names that begin like the text from start on lie together; each character leaves fewer.
    int low = 0;
    int high = sorted.size();
    Added longest = null;
    for (int length = 0; low < high; length++) {
      if (sorted.get(low).name.length() == length) {
        Added token = sorted.get(low);
        longest = length > 0 && places.allow(token.id, start, start + length) ? token : longest;
        low = bound(length, Character.MIN_VALUE, low, high);
      }
      if (start + length == text.length()) {
        break;
      }
      char c = text.charAt(start + length);
      low = bound(length, c, low, high);
      high = c == Character.MAX_VALUE ? high : bound(length, (char) (c + 1), low, high);
    }
    return longest;
  }

  /** Returns the first of the names whose character at {@code index} is there and at least c. */
  private int bound(int index, char c, int from, int to) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      String name = sorted.get(middle).name;
      if (name.length() == index || name.charAt(index) < c) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean isSeparate(String text, int start, int end) {
    return (start == 0 || !isWord(text.codePointBefore(start)))
        && (end == text.length() || !isWord(text.codePointAt(end)));
  }

  /** The {@code \w} of regular expressions. */
  private static boolean isWord(int codePoint) {
    return Character.isAlphabetic(codePoint)
        || codePoint == ZERO_WIDTH_NON_JOINER
        || codePoint == ZERO_WIDTH_JOINER
        || switch (Character.getType(codePoint)) {
          case Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.DECIMAL_DIGIT_NUMBER,
              Character.CONNECTOR_PUNCTUATION ->
              true;
          default -> false;
        };
  }

  private static int skip(String text, int from) {
    int at = from;
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static int skipBack(String text, int from, int limit) {
    int at = from;
    while (at > limit && isSpace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  /** Unicode's White_Space; all of it is in the basic plane. */
  static boolean isSpace(char c) {
    return c >= '\t' && c <= '\r' || c == '\u0085' || Character.isSpaceChar(c);
  }
}
