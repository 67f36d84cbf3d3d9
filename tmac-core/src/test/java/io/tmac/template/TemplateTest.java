package io.tmac.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.ChatTemplateException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The language of templates. Expected values are those of Jinja2 3.1.6. */
class TemplateTest {
  private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);

  private static String render(String template, Map<String, ?> variables) {
    return Template.parse(template).render(variables, NOW).string();
  }

  private static String render(String template) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("s", "Hello World ");
    variables.put("e", "");
    variables.put("n", 3);
    variables.put("f", 2.5);
    variables.put("t", true);
    variables.put("nn", null);
    variables.put("l", List.of(3, 1, 2));
    variables.put("w", List.of("b", "A", "c"));
    variables.put("d", map("x", 1, "y", "two"));
    variables.put(
        "m", List.of(map("role", "user", "v", 2), map("role", "bot", "v", 1), map("role", "user")));
    return render(template, variables);
  }

  private static Map<String, Object> map(Object... entries) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < entries.length; i += 2) {
      map.put((String) entries[i], entries[i + 1]);
    }
    return map;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "1 + 2 * 3 # 7",
        "7 // 2 ~ -7 // 2 ~ 7 % -3 # 3-4-2",
        "7 / 2 # 3.5",
        "2.5 // 0.1 ~ ' ' ~ -2.5 // 0.5 ~ ' ' ~ -7.5 // 2 # 24.0 -5.0 -4.0",
        "2 ** 10 # 1024",
        "4 / 2 # 2.0",
        "1e16 # 1e+16",
        "0.1 + 0.2 # 0.30000000000000004",
        "'a' + 'b' * 3 # abbb",
        "'a' ~ 1 ~ none ~ true # a1NoneTrue",
        "'' != false # True",
        "1 == true and 1 == 1.0 # True",
        "'a' < 'b' < 'c' # True",
        "1 < 3 < 2 # False",
        "'l' in s and 'z' not in s # True",
        "2 in l or 5 in l # True",
        "'x' in d # True",
        "missing in d or (1, 2) in d or d.get(missing, false) # False",
        "not e or nn # True",
        "e or 'otherwise' # otherwise",
        "'yes' if n > 2 else 'no' # yes",
        "['a', 'it\\'s', \"q\"] # ['a', \"it's\", 'q']",
        "{'a': none, 1: [true, 2.0]} # {'a': None, 1: [True, 2.0]}",
        "(1,) # (1,)",
        "1, 2 # (1, 2)",
        "s[0] ~ s[-2] ~ s[100] # Hd",
        "s[1:4] ~ s[::-1] # ell dlroW olleH",
        "l[1:] ~ l[:-1] ~ l[::2] # [1, 2][3, 1][3, 2]",
        "'é🙂x'[1] ~ 'é🙂x'|length # 🙂3",
        "d.x ~ d['y'] ~ d.get('z', 9) # 1two9",
        "d.items()|list # [('x', 1), ('y', 'two')]",
        "m|selectattr('role', 'equalto', 'user')|map(attribute='v', default=0)|list # [2, 0]",
        "m|rejectattr('v', 'defined')|list|length # 1",
        "w|sort|join(',') # A,b,c",
        "l|sort(reverse=true) # [3, 2, 1]",
        "l|first ~ l|last ~ l|max ~ l|sum # 3236",
        "d|dictsort # [('x', 1), ('y', 'two')]",
        "s|trim|upper|lower|title|capitalize # Hello world",
        "' a  b '.split() ~ 'aXbX'.split('X') ~ 'aXbXc'.split('X', 1) # ['a', 'b']['a', 'b',"
            + " '']['a', 'bXc']",
        "'xxaxx'.strip('x') ~ '..a'.lstrip('.') ~ 'a\\n'.rstrip('\\n') # aaa",
        "'ab'.startswith('a') and 'ab'.endswith(('x', 'b')) # True",
        "'they\\'re'.title() ~ 'ß'.upper() # They'ReSS",
        "'a-b'.replace('-', '+') ~ 'aaa'|replace('a', 'b', 2) # a+bbba",
        "missing|default('none given') ~ (e|default('x', true)) # none givenx",
        "missing is defined # False",
        "nn is none and nn is defined # True",
        "s is string and d is mapping and l is sequence and s is iterable # True",
        "n is odd and n is divisibleby 3 and n is not in [1, 2] # True",
        "d|tojson # {\"x\": 1, \"y\": \"two\"}",
        "'é <b> \"q\"\\n'|tojson # \"é <b> \\\"q\\\"\\n\"",
        "range(3)|list ~ range(5, 1, -2)|list # [0, 1, 2][5, 3]",
        "dict(a=1, b=2).b # 2",
        "'%s is %d' % ('x', 3) # x is 3",
        "'{} {name}'.format(1, name='n') # 1 n",
        "strftime_now('%d %b %Y, %-d %B %y') # 02 Jan 2026, 2 January 26",
        "-n ~ +n ~ -3|abs # -333",
        "2.5|round ~ 3.7|int ~ '12'|int ~ 'x'|int(7) # 2.03127",
        "'\\x41\\u00e9\\q' # Aé\\q",
        "'a' 'b' # ab",
        "'a' + ' b '|trim + 'c' # abc",
        "(l|select('gt', 1)|list)[0] # 3",
        "(missing if false) # ``"
      })
  void expressions(String expression, String value) {
    assertThat(render("{{ " + expression + " }}")).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "{% if n == 1 %}a{% elif n == 3 %}b{% else %}c{% endif %} # b",
        "{% for i in l %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %} #"
            + " 13,21,32",
        "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %} # x=1;y=two;",
        "{% for i in [] %}a{% else %}none{% endfor %} # none",
        "{% for i in l %}{% break %}{% else %}none{% endfor %} # none",
        "{% for i in l %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% else %}none{% endfor %} #"
            + " 31",
        "{% for i in l %}{% for j in [] %}{% else %}{% break %}{% endfor %}{{ i }}{% endfor %}. #"
            + " .",
        "{% for i in l if i > 1 %}{{ i }}{{ loop.length }}{% endfor %} # 3222",
        "{% for i in l %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %} # 31",
        "{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %} # 32",
        "{% set x = 1 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }} # 1",
        "{% if true %}{% set x = 2 %}{% endif %}{{ x }} # 2",
        "{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x"
            + " }} # 6",
        "{% set a, b = 1, 2 %}{{ b }}{{ a }} # 21",
        "{% set x %}a{{ n }}{% endset %}{{ x|length }}{{ x }} # 2a3",
        "{% set x | upper %}ab{% endset %}{{ x }} # AB",
        "{% macro f(a, b='B') %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, b=2) }} # 1B12",
        "{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }} # 3210",
        "{% macro f() %}<{{ caller(1) }}>{% endmacro %}{% call(x) f() %}{{ x }}{% endcall %} # <1>",
        "{% for i in [[1, [2]]] recursive %}{% if i is sequence %}({{ loop(i) }}){% else %}{{ i"
            + " }}{% endif %}{% endfor %} # (1(2))",
        "{% filter upper %}a{{ 'b' }}{% endfilter %} # AB",
        "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }} # 3",
        "{% generation %}said{% endgeneration %} # said",
        "{% raw %}{{ x }}{% endraw %} # {{ x }}"
      })
  void statements(String template, String text) {
    assertThat(render(template)).isEqualTo(text);
  }

  @Test
  void tagsTakeTheWhitespaceThatTransformersSays() {
    assertThat(render("  {% if true %}\n  a\n  {% endif %}\nb\n")).isEqualTo("  a\nb");
    assertThat(render("x  {%- if true -%}  \n a {%- endif %}\n")).isEqualTo("xa");
    assertThat(render("  {%+ if true +%}\na{% endif %}")).isEqualTo("  \na");
    assertThat(render("a {{ 1 }} \n {{- 2 -}} \n b")).isEqualTo("a 12b");
    assertThat(render("  {# note #}\nb  {# note #} c")).isEqualTo("b   c");
    assertThat(render("a\r\nb\rc")).isEqualTo("a\nb\nc");
    assertThat(render("a\n\n")).isEqualTo("a\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "a\\n{{ missing.x }} # 2 # 11 # 'missing' is undefined",
        "{{ 'a' + 1 }} # 1 # 8 # '+' cannot take a string and an integer",
        "{{ m|xmlattr }} # 1 # 6 # the filter 'xmlattr' is not supported",
        "{{ m is strange }} # 1 # 6 # the test 'strange' is not supported",
        "{{ s.zfill(3) }} # 1 # 11 # the string method 'zfill' is not supported",
        "{% import 'x' as y %} # 1 # 11 # the tag 'import' is not supported",
        "{{ f(*l) }} # 1 # 6 # unpacking arguments with '*' is not supported",
        "{% for i in l %} # 1 # 17 # expected 'endfor', found the end of the template",
        "{% endif %} # 1 # 4 # 'endif' ends nothing",
        "{{ 1 # 1 # 3 # a tag has no end '}}'",
        "{{ (1] }} # 1 # 6 # unexpected ']'",
        "{{ 'a }} # 1 # 4 # a string has no end",
        "{{ l.append(1) }} # 1 # 12 # 'append' would change a value",
        "{{ 9223372036854775807 + 1 }} # 1 # 24 # beyond 64 bits",
        "{{ l[0].class }}{{ l.getClass() }} # 1 # 30 # 'getClass' of a list is undefined",
        "{% set d.x = 1 %} # 1 # 8 # 'd' is not a namespace"
      })
  void errorsNameThePlace(String template, int line, int column, String problem) {
    assertThatExceptionOfType(ChatTemplateException.class)
        .isThrownBy(() -> render(template.replace("\\n", "\n")))
        .withMessageContaining(problem)
        .satisfies(e -> assertThat(List.of(e.line(), e.column())).containsExactly(line, column))
        .matches(e -> !e.refused());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ [0] * 1000000000 }}",
        "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{%"
            + " endfor %}",
        "{% set ns = namespace(s=[0]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{%"
            + " endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=0) %}{% for i in range(9999) %}{% set ns.s = [ns.s] %}{% endfor"
            + " %}{{ ns.s == [1] }}{{ ns.s|tojson }}",
        "{% set ns = namespace() %}{% for i in range(99999) %}{% set ns.s = [ns.s, range(99999)]"
            + " %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set a = 'a' * 3000000 %}{% for i in range(9999) %}{{ a.find(a[1:] + 'b') }}{% endfor"
            + " %}",
        "{{ 'a'.replace('', 'b' * 9999999).replace('', 'c' * 9999999) }}",
        "{{ 2 ** 99999999999 }}",
        "{{ 1|round(999999999) }}{{ [1]|tojson(indent=99999999999)|length }}{{ 'a' * 99999999 }}"
      })
  void whatAsksForTooMuchIsAnErrorSoon(String template) {
    long start = System.nanoTime();
    assertThatExceptionOfType(ChatTemplateException.class).isThrownBy(() -> render(template));
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
  }

  @Test
  void whatIsNestedTooDeeplyIsAnError() {
    int depth = 20_000;
    List<String> templates =
        List.of(
            "{{ " + "(".repeat(depth) + "1" + ")".repeat(depth) + " }}",
            "{{ " + "[".repeat(depth) + "]".repeat(depth) + " }}",
            "{{ " + "not ".repeat(depth) + "1 }}",
            "{{ " + "-".repeat(depth) + "1 }}",
            "{{ 1" + " + 1".repeat(depth) + " }}",
            "{{ s" + ".x".repeat(depth) + " }}",
            "{{ s" + "|trim".repeat(depth) + " }}",
            "{{ 1" + " if 1 else 1".repeat(depth) + " }}",
            "{% if 1 %}".repeat(depth) + "{% endif %}".repeat(depth));
    for (String template : templates) {
      assertThatExceptionOfType(ChatTemplateException.class)
          .as(template.substring(0, 20))
          .isThrownBy(() -> render(template))
          .withMessageContaining("levels deep");
    }
  }

  @Test
  void anyCutOfATemplateIsRenderedOrRefused() {
    String template =
        "{% macro f(a, b=[1]) %}{{- a|join(', ') ~ b[0] if a is defined else {'k': \"v\\n\"} -}}"
            + "{% endmacro %}{% for k, v in d|dictsort recursive %}{# c #}{{ f([k]) }}{% endfor %}";
    for (int end = 0; end <= template.length(); end++) {
      String cut = template.substring(0, end);
      try {
        render(cut);
      } catch (ChatTemplateException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void theBudgetGrowsWithTheContent() {
    String said = "word ".repeat(400_000);
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      messages.add(map("role", "user", "content", said));
    }
    String template =
        "{% set ns = namespace(all='') %}{% for m in messages %}"
            + "{% set ns.all = ns.all + m.content|trim %}{% endfor %}{{ ns.all }}";
    assertThat(render(template, Map.of("messages", messages))).hasSize(20 * (said.length() - 1));
  }

  @Test
  void variablesAreOfKnownTypes() {
    assertThat(render("{{ v }}", Map.of("v", Arrays.asList((byte) 1, (short) 2, 3L, 0.5f, null))))
        .isEqualTo("[1, 2, 3, 0.5, None]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> render("{{ v }}", Map.of("v", new Object())))
        .withMessageContaining("java.lang.Object");
    List<Object> endless = new ArrayList<>();
    endless.add(endless);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> render("{{ v }}", Map.of("v", endless)))
        .withMessageContaining("levels deep");
  }
}
