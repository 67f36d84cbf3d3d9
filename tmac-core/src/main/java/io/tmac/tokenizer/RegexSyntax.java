package io.tmac.tokenizer;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Expressions of tokenizer files, which are written for Oniguruma, in Java's syntax. */
final class RegexSyntax {

  private static final Pattern PROPERTY = Pattern.compile("\\\\([pP])\\{(\\^?)(\\w+)}");

  /** Properties of more than two letters that Java has under the same name. */
  private static final Set<String> SAME =
      Set.of(
          "Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank",
          "Cntrl", "XDigit", "Space");

  private RegexSyntax() {}

  /**
   * Compiles an expression. Classes such as {@code \s} mean Unicode's.
   *
   * @throws PatternSyntaxException if it is not one
   */
  static Pattern compile(String expression) {
    Matcher property = PROPERTY.matcher(expression);
    String java =
        property.replaceAll(match -> {
          String name = match.group(3);
          boolean negated = match.group(1).equals("P") != !match.group(2).isEmpty();
          boolean same = name.length() <= 2 || SAME.contains(name) || name.startsWith("Is");
          return Matcher.quoteReplacement(
              (negated ? "\\P{" : "\\p{") + (same ? name : "Is" + name) + "}");
        });
    return Pattern.compile(java, Pattern.UNICODE_CHARACTER_CLASS);
  }
}
