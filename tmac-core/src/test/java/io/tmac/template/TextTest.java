package io.tmac.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a rendered text comes from the template, and what from its content. */
class TextTest {
  private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);

  /** Content is shown in brackets. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "a{{ c }}b # `a[ x-Y ]b`",
        "{{ 'a' + c|trim + 'b' }} # a[x-Y]b",
        "{{ c.split('-')[0]|trim ~ '-' }} # [x]-",
        "{{ c|replace('-', '+')|upper }} # `[ X]+[Y ]`",
        "{{ ('a' ~ c)[::-1] }} # `[ Y-x ]a`",
        "{{ [c|trim, 'own'] }} # ['[x-Y]', 'own']",
        "{{ {'k': c|trim}|tojson }} # {\"k\": \"[x-Y]\"}",
        "{{ q|tojson }} # \"[a\\\"b\\nc]\"",
        "{{ q.splitlines()|join('/') }} # [a\"b]/[c]",
        "{{ '<%s>' % c|trim }} # <[x-Y]>",
        "{{ '<{}>'.format(c.strip()) }} # <[x-Y]>",
        "{{ q|indent(1) }} # `[a\"b]\n [c]`",
        "{{ (c|trim).title() ~ 'ab'.title() }} # [X-Y]Ab",
        "{{ 'ß'.upper() ~ g.upper() ~ ('a' ~ g).capitalize() }} # SS[SS]A[ß]",
        "{% set x %}a{{ c|trim }}{% endset %}{{ x }} # a[x-Y]",
        "{% macro f(y) %}({{ y }}){% endmacro %}{{ f(c|trim) }} # ([x-Y])",
        "{% for l in c|trim %}{{ l }}.{% endfor %} # [x].[-].[Y].",
        "{% for k, v in d|dictsort %}{{ k ~ ':' ~ v }}{% endfor %} # [k]:[v]",
        "{{ c|length ~ (c|trim == 'x-Y') }} # 5True",
        "{{ c|trim|default('d') ~ (e|default('d', true)) }} # [x-Y]d"
      })
  void contentStaysContent(String template, String marked) {
    Map<String, Object> variables =
        Map.of("c", " x-Y ", "q", "a\"b\nc", "g", "ß", "e", "", "d", Map.of("k", "v"));
    Text text = Template.parse(template).render(variables, NOW);
    assertThat(
            text.runs().stream()
                .map(run -> run.content() ? "[" + run.text() + "]" : run.text())
                .collect(Collectors.joining()))
        .isEqualTo(marked);
  }

  /** Own text is letters, content digits: then every character tells where it is from. */
  @Property
  void piecesOfJoinedTextsKeepTheirOrigin(
      @ForAll @Size(max = 6) List<@AlphaChars @StringLength(max = 4) String> own,
      @ForAll @Size(max = 6) List<@NumericChars @StringLength(max = 4) String> content,
      @ForAll int from,
      @ForAll int to) {
    Text text = Text.EMPTY;
    for (int i = 0; i < 6; i++) {
      text = text.plus(i < own.size() ? Text.own(own.get(i)) : Text.EMPTY);
      text = text.plus(i < content.size() ? Text.content(content.get(i)) : Text.EMPTY);
    }
    int length = text.string().length();
    int a = Math.floorMod(from, length + 1);
    int b = a + Math.floorMod(to, length + 1 - a);
    Text part = text.substring(a, b).map(String::toUpperCase);
    assertThat(part.string()).isEqualTo(text.string().substring(a, b).toUpperCase());
    for (int i = 0; i < part.string().length(); i++) {
      assertThat(part.isContent(i)).isEqualTo(Character.isDigit(part.string().charAt(i)));
    }
    assertThat(part.runs().stream().map(Text.Run::text).collect(Collectors.joining()))
        .isEqualTo(part.string());
  }

  @Test
  void aChangeThatLooksAtNeighboursKeepsTheOrigin() {
    Text text = Text.own("ΑΣ").plus(Text.content("Σ"));
    Text lower = text.map(String::toLowerCase);
    assertThat(lower.string()).isEqualTo("ασς");
    assertThat(lower.isContent(1)).isFalse();
    assertThat(lower.isContent(2)).isTrue();
  }

  @Test
  void aChangeOfTheWholeMakesAllOfItContent() {
    Text text = Text.own("ab").plus(Text.content("c")).map(s -> s.length() > 1 ? s + s : s);
    assertThat(text.string()).isEqualTo("abcabc");
    assertThat(text.runs()).containsExactly(new Text.Run("abcabc", true));
  }
}
