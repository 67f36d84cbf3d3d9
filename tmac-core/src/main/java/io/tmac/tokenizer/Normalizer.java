package io.tmac.tokenizer;

import io.tmac.TmacException;
import java.text.Normalizer.Form;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How a stretch of text is rewritten before it is cut into pieces. */
sealed interface Normalizer {

  /** Changes nothing. */
  Normalizer NONE = new Sequence(List.of());

  /**
   * Rewrites a stretch of text that is not empty.
   *
   * @param limit how long the result may be
   * @throws TmacException if it would be longer
   */
  String normalize(String text, int limit);

  /** One step after the other. */
  record Sequence(List<Normalizer> steps) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      String result = text;
      for (Normalizer step : steps) {
        result = step.normalize(result, limit);
      }
      return result;
    }
  }

  /** Puts something in front of a text that is not empty. */
  record Prepend(String prefix) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      return text.isEmpty() ? text : checked(prefix + text, limit);
    }
  }

  /** Replaces every occurrence of a string, which is not empty. */
  record Replace(String search, String replacement) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      if (replacement.length() > search.length()) {
        long occurrences = 0;
        for (int at = text.indexOf(search); at >= 0; at = text.indexOf(search, at)) {
          occurrences++;
          at += search.length();
        }
        check(text.length() + occurrences * (replacement.length() - search.length()), limit);
      }
      return text.replace(search, replacement);
    }
  }

  /** Replaces every match of an expression. */
  record ReplaceMatches(Pattern pattern, String replacement) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      StringBuilder result = new StringBuilder();
      int[] end = {0};
      BoundedText.find(
          pattern,
          text,
          0,
          text.length(),
          (from, to) -> {
            result.append(text, end[0], from).append(replacement);
            check(result.length(), limit);
            end[0] = to;
          });
      return checked(result.append(text, end[0], text.length()).toString(), limit);
    }
  }

  /** One of Unicode's normal forms. */
  record UnicodeForm(Form form) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      return java.text.Normalizer.normalize(text, form);
    }
  }

  /** Drops white space at the ends. */
  record Strip(boolean left, boolean right) implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      int from = 0;
      int to = text.length();
      while (left && from < to && AddedTokens.isSpace(text.charAt(from))) {
        from++;
      }
      while (right && to > from && AddedTokens.isSpace(text.charAt(to - 1))) {
        to--;
      }
      return text.substring(from, to);
    }
  }

  /** Lower case, of no particular language, each character for itself: no final sigma. */
  record Lowercase() implements Normalizer {
    @Override
    public String normalize(String text, int limit) {
      StringBuilder lower = new StringBuilder(text.length());
      text.codePoints().forEach(c -> lower.append(Character.toString(c).toLowerCase(Locale.ROOT)));
      return checked(lower.toString(), limit);
    }
  }

  private static String checked(String text, int limit) {
    check(text.length(), limit);
    return text;
  }

  private static void check(long length, int limit) {
    if (length > limit) {
      throw new TmacException(
          "the tokenizer's normalizer makes a text of more than "
              + limit
              + " characters; its tokenizer.json is not usable");
    }
  }
}
