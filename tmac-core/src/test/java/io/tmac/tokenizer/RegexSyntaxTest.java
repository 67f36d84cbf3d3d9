package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a Split of a tokenizer.json cuts; the pieces are those of Hugging Face's tokenizers. */
class RegexSyntaxTest {

  static Stream<Arguments> cuts() {
    return Stream.of(
        cut("[[:alpha:]]+|[[:digit:]]+", "ab12-\u00e9", "ab", "12", "-", "\u00e9"),
        cut("[^[:alpha:]]+", "ab12c", "ab", "12", "c"),
        cut("[^[:^alpha:]]", "a1b", "a", "1", "b"),
        cut("[[:alpha:]&&[^a]]", "abc", "a", "b", "c"),
        cut("[[:print:]]+", "a b\tc\u2028d", "a b", "\t", "c", "\u2028", "d"),
        cut("\\p{^L}+", "a1b", "a", "1", "b"),
        cut("\\h+|\\H", "agb 1", "a", "g", "b", " ", "1"),
        cut("[a\\h]", "agb", "a", "g", "b"),
        cut("[\\H]", "agb", "a", "g", "b"),
        cut("[^\\h]+", "agb", "a", "g", "b"),
        cut("\\\\h", "\\h1", "\\h", "1"),
        cut("\\v", "a\013\n", "a", "\013", "\n"),
        cut("[\\w-]+", "a-b c", "a-b", " ", "c"),
        cut("[\\W]+", "a _\u00b2b", "a", " ", "_\u00b2b"),
        cut("\\bfoo\\b", "foo\u200d \u00b2foo foo", "foo", "\u200d \u00b2foo ", "foo"),
        cut("^a|b$", "ab\nab\rab\u2028ab", "a", "b", "\n", "a", "b\rab\u2028a", "b"),
        cut("\\n$", "a\n\nb\n", "a", "\n", "\nb", "\n"),
        cut(".+", "ab\r\ncd\u2028e\u0085f", "ab\r", "\n", "cd\u2028e\u0085f"),
        cut("a\\Z|b\\z", "a\nb\na\n", "a\nb\n", "a", "\n"),
        cut("(?m).+", "ab\ncd", "ab\ncd"),
        cut("(?m:.+)|x", "ab\ncd", "ab\ncd"),
        cut("(?-m:a.)b", "a\nba b", "a\nb", "a b"),
        cut("a(?i)b|c", "aC ac C c aB AB", "aC", " ", "ac", " C c ", "aB", " AB"),
        cut("(x(?i)y|z)w", "xYw xZw zw Zw", "xYw", " ", "xZw", " zw Zw"),
        cut("(?#none)b", "ab", "a", "b"),
        cut("\\p{N}{1,3}+", "a1234567b", "a", "1234567", "b"),
        cut("\\p{N}{2}+", "a1234567b", "a", "123456", "7b"),
        cut("(?:ab){1,2}*", "cababab", "c", "ababab"),
        cut("a{2}?b", "aab b", "aab", " ", "b"),
        cut("a{2,3}?", "aaaaaa", "aa", "aa", "aa"),
        cut("a{,2}", "baaa", "b", "aa", "a"),
        cut("a{,}", "a{,}", "a{,}"),
        cut("{", "a{x", "a", "{", "x"),
        cut("[]a]", "a]b", "a", "]", "b"));
  }

  private static Arguments cut(String expression, String text, String... pieces) {
    return Arguments.of(expression, text, List.of(pieces));
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void cutsAsOniguruma(String expression, String text, List<String> expected) {
    Pieces pieces = PreTokenizer.Split.isolated(expression).apply(Pieces.whole(text, true));
    List<String> found = new ArrayList<>();
    for (int i = 0; i < pieces.count(); i++) {
      if (pieces.start(i) < pieces.end(i)) {
        found.add(pieces.text.substring(pieces.start(i), pieces.end(i)));
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\\Kb", "\\y", "\\N", "[[:foo:]]", "(?x: a )", "(?s).", "\\Qa"})
  void namesWhatHasNoTranslation(String expression) {
    assertThatThrownBy(() -> RegexSyntax.compile(expression))
        .isInstanceOf(PatternSyntaxException.class)
        .hasMessageContaining("is not supported");
  }

  @Test
  void refusesWhatIsNoExpression() {
    for (String expression : List.of("(", "(?i", ")", "[", "[[", "a\\", "*", "(?i)(")) {
      assertThatThrownBy(() -> RegexSyntax.compile(expression))
          .as(expression)
          .isInstanceOf(PatternSyntaxException.class);
    }
  }
}
