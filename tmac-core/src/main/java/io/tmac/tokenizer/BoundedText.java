package io.tmac.tokenizer;

import io.tmac.TmacException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text that can be read only so often. A regular expression of a file may go back over the text
 * more often than there are atoms; this makes it an error instead of a hang.
 */
final class BoundedText implements CharSequence {

  /** A pattern that looks at each character in a dozen ways needs far less. */
  private static final long READS_PER_CHARACTER = 500;

  private static final long MIN_READS = 1 << 20;

  /** Takes the matches one by one. */
  interface Matches {
    /** A match, perhaps an empty one, from {@code start} to {@code end}. */
    void accept(int start, int end);
  }

  private final String text;
  private long reads;

  BoundedText(String text) {
    this.text = text;
    this.reads = MIN_READS + READS_PER_CHARACTER * text.length();
  }

  /** Finds all matches in {@code text[from, to)}, as if it were all there is. */
  static void find(Pattern pattern, String text, int from, int to, Matches matches) {
    find(pattern.matcher(new BoundedText(text)), from, to, matches);
  }

  /**
   * Finds all matches in a part of the matcher's text, as if it were all there is.
   *
   * @throws TmacException if the expression takes too long, or too much stack
   */
  static void find(Matcher matcher, int from, int to, Matches matches) {
    try {
      matcher.region(from, to);
      while (matcher.find()) {
        matches.accept(matcher.start(), matcher.end());
      }
    } catch (StackOverflowError | OutOfReads e) {
      throw new TmacException(
          "the tokenizer's expression " + matcher.pattern() + " does not come to an end", e);
    }
  }

  @Override
  public char charAt(int index) {
    if (--reads < 0) {
      throw new OutOfReads();
    }
    return text.charAt(index);
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.substring(start, end);
  }

  @Override
  public String toString() {
    return text;
  }

  private static final class OutOfReads extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfReads() {
      super(null, null, false, false);
    }
  }
}
