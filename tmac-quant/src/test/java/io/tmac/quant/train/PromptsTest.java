package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptsTest {
  private static final Path RECIPE = Path.of("recipes/stories/prompts.txt");

  @TempDir private Path folder;

  @Test
  void drawsOneEntryOfEachListPerText() {
    Prompts prompts =
        of("# a comment", "[ask]", " {who}, {who} and {what} ", "", "[start]", "{what}: {who}")
            .and("[who]", "a", "b", "c")
            .and("[what]", "x", "y")
            .prompts();
    List<String> seen =
        IntStream.range(0, 200)
            .mapToObj(i -> prompts.draw(new SplittableRandom(i)))
            .map(prompt -> prompt.ask().orElseThrow() + " | " + prompt.start())
            .distinct()
            .sorted()
            .toList();
    assertThat(seen)
        .containsExactly(
            "a, a and x | x: a",
            "a, a and y | y: a",
            "b, b and x | x: b",
            "b, b and y | y: b",
            "c, c and x | x: c",
            "c, c and y | y: c");
  }

  @Test
  void askAndStartMayBeMissing() {
    Prompts asks = of("[ask]", "Why?").prompts();
    assertThat(asks.draw(new SplittableRandom(1)).ask()).contains("Why?");
    assertThat(asks.draw(new SplittableRandom(1)).start()).isEmpty();
    Prompts starts = of("[start]", "Once").prompts();
    assertThat(starts.draw(new SplittableRandom(1)).ask()).isEmpty();
    assertThat(starts.draw(new SplittableRandom(1)).start()).isEqualTo("Once");
  }

  /** The texts that a seed gives must stay the same from version to version. */
  @Test
  void theOrderOfDrawsIsFixed() throws IOException {
    Prompts prompts = Prompts.read(RECIPE);
    assertThat(IntStream.range(0, 3).mapToObj(i -> draw(prompts, 1, i).start()))
        .containsExactly(
            "One bright day, a girl named Mia wanted to ride.",
            "Once upon a time, there was a girl named Emma who loved to build.",
            "There was once a horse.");
    assertThat(draw(prompts, 1, 0).ask().orElseThrow()).contains("a girl named Mia");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [ask];a {x} | line 2: {x} is unknown: there is no list [x]
          [ask];a {start};[start];b | line 2: {start} is unknown
          [ask];a {x;[x];y | line 2: expected } after {
          [ask];a {x};[x];y {z};[z];w | line 4: {z} in [x]
          [ask];a;# none;[x] | line 4: the section [x] is empty
          [ask];[x];y | line 1: the section [ask] is empty
          [ask];a;[ask];b | line 3: the section [ask] is there twice
          a;[ask] | line 1: expected a section
          [ask;a | line 1: expected a section
          [x];y | neither [ask] nor [start]
          # nothing | neither [ask] nor [start]
          """)
  void whatIsWrongIsNamedWithItsLine(String lines, String message) {
    assertThatThrownBy(() -> of(lines.split(";")).prompts())
        .isInstanceOf(TmacException.class)
        .hasMessageStartingWith("prompts.txt")
        .hasMessageContaining(message);
  }

  @Test
  void filesThatAreNoTextAreErrors() throws IOException {
    Path file = Files.write(folder.resolve("p.txt"), new byte[] {'[', (byte) 0xff});
    assertThatThrownBy(() -> Prompts.read(file))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("p.txt is not UTF-8");
    assertThatThrownBy(() -> Prompts.read(folder)).hasMessageContaining("folder");
    assertThatThrownBy(() -> Prompts.read(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private static Prompts.Prompt draw(Prompts prompts, long seed, long number) {
    return prompts.draw(new SplittableRandom(seed + 1_000_003 * number));
  }

  private static Lines of(String... lines) {
    return new Lines(List.of(lines));
  }

  /** The lines of a file. */
  private record Lines(List<String> lines) {

    Lines and(String... more) {
      List<String> all = new ArrayList<>(lines);
      all.addAll(List.of(more));
      return new Lines(all);
    }

    Prompts prompts() {
      return Prompts.of("prompts.txt", lines);
    }
  }
}
