package io.tmac;

import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Assume;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import net.jqwik.api.lifecycle.AfterContainer;

/** Stop strings end the text before them, and nothing of them is ever handed out. */
class StopStringTest {
  private static final Model MODEL = TestModels.letters();

  @AfterContainer
  static void close() {
    MODEL.close();
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void textEndsBeforeTheFirstStopString(
      @ForAll @Size(min = 1, max = 12)
          List<@CharRange(from = 'a', to = 'c') @StringLength(max = 4) String> pieces,
      @ForAll @Size(min = 1, max = 3)
          List<@CharRange(from = 'a', to = 'c') @NotEmpty @StringLength(max = 4) String> stops) {
    String all = String.join("", pieces);
    int end = stops.stream().mapToInt(all::indexOf).filter(at -> at >= 0).min().orElse(-1);
    StopStrings watcher = new StopStrings(stops);
    StringBuilder seen = new StringBuilder();
    for (String piece : pieces) {
      if (!watcher.stopped()) {
        seen.append(watcher.accept(piece));
        assertThat(all).startsWith(seen);
      }
    }
    seen.append(watcher.flush());
    assertThat(watcher.stopped()).isEqualTo(end >= 0);
    if (end < 0) {
      assertThat(seen).hasToString(all);
    } else {
      // Of stops that begin at different places the one that is complete first ends the text.
      assertThat(stops).anyMatch(stop -> all.startsWith(stop, seen.length()));
      assertThat(stops).noneMatch(stop -> seen.toString().contains(stop));
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void generationsEndThereToo(
      @ForAll @IntRange(min = 0, max = 1000) int seed,
      @ForAll @IntRange(min = 0, max = 30) int from,
      @ForAll @IntRange(min = 1, max = 6) int length) {
    String all = MODEL.generate("once").seed(seed).maxTokens(40).text();
    Assume.that(from + length <= all.length());
    String stop = all.substring(from, from + length);
    List<String> texts = new ArrayList<>();
    Generation generation =
        MODEL
            .generate("once")
            .seed(seed)
            .maxTokens(40)
            .stop(stop)
            .result(token -> texts.add(token.text()));
    assertThat(generation.text()).isEqualTo(all.substring(0, all.indexOf(stop)));
    assertThat(generation.finishReason()).isEqualTo(FinishReason.STOP_STRING);
    assertThat(String.join("", texts)).isEqualTo(generation.text());
    assertThat(TestModels.TOKENIZER.text(generation.tokens())).contains(stop);
  }

  @Example
  void whatMayBeginAStopStringIsHeldBack() {
    // The text is a, a, a, ...; only the fourth makes "aaaa" certain, or shows that it is not.
    try (TokenStream stream = letters('a').maxTokens(10).stop("aaab").stream()) {
      List<String> texts = new ArrayList<>();
      stream.forEach(token -> texts.add(token.text()));
      assertThat(texts).containsExactly("", "", "", "a", "a", "a", "a", "a", "a", "aaaa");
      assertThat(stream.result().text()).isEqualTo("a".repeat(10));
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    }
  }

  @Example
  void aStopStringMayCoverSeveralTokens() {
    Generation generation = letters('a').stop("aaa").result();
    assertThat(generation.text()).isEmpty();
    assertThat(generation.generatedTokens()).isEqualTo(3);
    assertThat(generation.finishReason()).isEqualTo(FinishReason.STOP_STRING);
  }

  @Example
  void aStopStringMayEndInsideAToken() {
    int pair = letter('a') + 26;
    Generation generation =
        MODEL.generate("once").logitBias(Map.of(pair, 100f)).stop("aaa", "b").result();
    assertThat(generation.text()).isEmpty();
    assertThat(generation.tokens()).containsExactly(pair, pair);
  }

  @Example
  void heldTextIsReleasedWhenTheModelEndsTheText() {
    // "b" until the penalty makes end of text the best of the two.
    Map<Integer, Float> bias = Map.of(letter('b'), 100f, TestTokenizer.EOS, 100f);
    Generation generation =
        MODEL
            .generate("once")
            .temperature(0)
            .logitBias(bias)
            .frequencyPenalty(2)
            .stop("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
            .result();
    assertThat(generation.finishReason()).isEqualTo(FinishReason.END_OF_TEXT);
    assertThat(generation.text()).isEqualTo("b".repeat(generation.generatedTokens()));
  }

  @Example
  void theSearchTakesTimeInProportionToTheText() {
    String stop = "a".repeat(50) + "b";
    StopStrings watcher = new StopStrings(List.of(stop));
    String text =
        IntStream.range(0, 2000)
            .mapToObj(i -> watcher.accept("a"))
            .reduce("", String::concat)
            .concat(watcher.flush());
    assertThat(text).isEqualTo("a".repeat(2000));
  }

  private static GenerationRequest letters(char letter) {
    return MODEL.generate("once").logitBias(Map.of(letter(letter), 100f));
  }
}
