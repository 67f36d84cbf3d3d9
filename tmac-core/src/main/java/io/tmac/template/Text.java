package io.tmac.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A string whose characters know where they come from: from the template, or from the content that
 * it was given. Every operation keeps that, so that after all trimming and splitting the names of
 * special tokens count only where the template itself wrote them. Immutable.
 *
 * <p>Two texts are equal if their strings are. Positions are those of {@link String}, unless a
 * method speaks of characters: those are code points, as in Python.
 */
public final class Text implements Comparable<Text> {
  private static final int[] OWN = {};
  private static final int[] CONTENT = {0};

  static final Text EMPTY = own("");

  private final String string;

  /** Where the origin changes, ascending; what is before the first place is the template's own. */
  private final int[] edges;

  private Text(String string, int[] edges) {
    this.string = string;
    this.edges = edges;
  }

  /**
   * A stretch of one origin.
   *
   * @param text its characters, not empty
   * @param content whether they come from content
   */
  public record Run(String text, boolean content) {}

  /** Text of the template itself. */
  public static Text own(String string) {
    return new Text(string, OWN);
  }

  /** Text that was given to the template. */
  public static Text content(String string) {
    return new Text(string, string.isEmpty() ? OWN : CONTENT);
  }

  /** The characters. */
  public String string() {
    return string;
  }

  /** The stretches of one origin, which joined are the text. */
  public List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (int from = 0; from < string.length(); ) {
      int to = runEnd(from);
      runs.add(new Run(string.substring(from, to), isContent(from)));
      from = to;
    }
    return runs;
  }

  boolean isContent(int at) {
    int found = Arrays.binarySearch(edges, at);
    int passed = found >= 0 ? found + 1 : -found - 1;
    return (passed & 1) == 1;
  }

  /** Where the stretch that has the character at {@code from} ends. */
  private int runEnd(int from) {
    int found = Arrays.binarySearch(edges, from);
    int next = found >= 0 ? found + 1 : -found - 1;
    return next < edges.length ? edges[next] : string.length();
  }

  boolean isEmpty() {
    return string.isEmpty();
  }

  /** The characters from one position to another. */
  public Text substring(int from, int to) {
    return from == 0 && to == string.length() ? this : new Builder().append(this, from, to).build();
  }

  Text plus(Text other) {
    if (isEmpty() || other.isEmpty()) {
      return isEmpty() ? other : this;
    }
    return new Builder().append(this).append(other).build();
  }

  /**
   * Changes the characters by a function that works on each of them, give or take its neighbours,
   * such as a change of case. Should it not, all of the result counts as content.
   */
  Text map(UnaryOperator<String> change) {
    String whole = change.apply(string);
    List<Run> runs = runs();
    Builder parts = new Builder();
    for (Run run : runs) {
      parts.append(change.apply(run.text), run.content);
    }
    Text joined = parts.build();
    if (joined.string.length() == whole.length()) {
      return new Text(whole, joined.edges);
    }
    return runs.stream().allMatch(run -> !run.content) ? own(whole) : content(whole);
  }

  /** The number of characters. */
  int count() {
    return string.codePointCount(0, string.length());
  }

  /** The position of a character, from 0 to {@link #count}. */
  int position(int character) {
    return string.offsetByCodePoints(0, character);
  }

  /** The text without the characters at both ends, or one, that are in a set. */
  Text strip(Text set, boolean left, boolean right) {
    int from = 0;
    int to = string.length();
    while (left && from < to && stripped(string.codePointAt(from), set)) {
      from += Character.charCount(string.codePointAt(from));
    }
    while (right && from < to && stripped(string.codePointBefore(to), set)) {
      to -= Character.charCount(string.codePointBefore(to));
    }
    return substring(from, to);
  }

  private static boolean stripped(int character, Text set) {
    return set == null ? isSpace(character) : set.string.indexOf(character) >= 0;
  }

  /** Whether Python's str.isspace holds for a character. */
  static boolean isSpace(int c) {
    return c <= ' '
        ? c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31)
        : c == 0x85 || Character.isSpaceChar(c);
  }

  @Override
  public int compareTo(Text other) {
    // By code points: a surrogate, though a smaller char, comes after all of the basic plane.
    int n = Math.min(string.length(), other.string.length());
    for (int i = 0; i < n; i++) {
      char a = string.charAt(i);
      char b = other.string.charAt(i);
      if (a != b) {
        boolean sameKind = Character.isSurrogate(a) == Character.isSurrogate(b);
        return sameKind ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
      }
    }
    return Integer.compare(string.length(), other.string.length());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Text text && string.equals(text.string);
  }

  @Override
  public int hashCode() {
    return string.hashCode();
  }

  @Override
  public String toString() {
    return string;
  }

  /** Joins texts. */
  static final class Builder {
    private final StringBuilder string = new StringBuilder();
    private int[] edges = OWN;
    private int edgeCount;
    private boolean content;

    Builder append(Text text) {
      return append(text, 0, text.string.length());
    }

    Builder append(Text text, int from, int to) {
      for (int at = from; at < to; ) {
        int end = Math.min(text.runEnd(at), to);
        append(text.string, at, end, text.isContent(at));
        at = end;
      }
      return this;
    }

    Builder append(String own) {
      return append(own, false);
    }

    Builder append(String characters, boolean content) {
      return append(characters, 0, characters.length(), content);
    }

    private Builder append(String characters, int from, int to, boolean content) {
      if (from == to) {
        return this;
      }
      if (content != this.content) {
        this.content = content;
        if (edgeCount == edges.length) {
          edges = Arrays.copyOf(edges, Math.max(4, 2 * edgeCount));
        }
        edges[edgeCount++] = string.length();
      }
      string.append(characters, from, to);
      return this;
    }

    int length() {
      return string.length();
    }

    Text build() {
      return new Text(string.toString(), Arrays.copyOf(edges, edgeCount));
    }
  }
}
