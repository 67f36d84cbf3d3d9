package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class GenerateCommandTest {
  private static final String ONCE = "Once upon a time";

  @Test
  void printsWhatTheReferenceProgramPrints() {
    for (JsonNode prompt :
        Shared.json("vectors/public/stories260K/reference.json").get("prompts")) {
      Console.Result result =
          Console.run(
              "generate",
              model(),
              "-i",
              prompt.get("text").stringValue(),
              "-t",
              0,
              "-n",
              prompt.get("steps").intValue());
      assertThat(result.status()).isZero();
      assertThat(result.out()).isEqualTo(prompt.get("greedy_text").stringValue() + "\n");
    }
  }

  @Test
  void countsPositionsOrNewTokens() {
    // BOS and four tokens of the prompt fill five positions; the last one chooses a token more.
    assertThat(greedy("-n", "5")).isEqualTo("Once upon a time,\n");
    assertThat(greedy("-n", "4")).isEqualTo("Once upon a time\n");
    assertThat(greedy("-n", "2")).isEqualTo("Once upon\n");
    assertThat(greedy("--max-new", "1")).isEqualTo("Once upon a time,\n");
    assertThat(greedy("--max-new", "0")).isEqualTo("Once upon a time\n");
  }

  @Test
  void printsTheDefaultOf256Positions() {
    assertThat(greedy()).isEqualTo(greedy("-n", "256")).isNotEqualTo(greedy("-n", "255"));
  }

  @Test
  void positionsBeyondTheContextEndThere() {
    assertThat(greedy("-n", "100000")).isEqualTo(greedy("-n", "0"));
  }

  @Test
  void sameSeedSameText() {
    String first = generate("-s", "42", "-n", "40").out();
    assertThat(generate("-s", "42", "-n", "40", "--threads", "1").out()).isEqualTo(first);
    assertThat(generate("-s", "43", "-n", "40").out()).isNotEqualTo(first);
    // Of one token there is only one to choose.
    assertThat(generate("-k", "1", "-n", "40").out()).isEqualTo(greedy("-n", "40"));
    assertThat(generate("--min-p", "1", "-n", "40").out()).isEqualTo(greedy("-n", "40"));
    assertThat(generate("-p", "0", "-n", "40").out()).isEqualTo(greedy("-n", "40"));
  }

  @Test
  void aRepetitionPenaltyChangesTheText() {
    assertThat(greedy("-n", "40", "--repeat-penalty", "2")).isNotEqualTo(greedy("-n", "40"));
  }

  @Test
  void reportsTheSeedAndHowItWent() {
    String err = generate("-n", "20").err();
    assertThat(err)
        .containsPattern("(?m)^seed +-?\\d+$")
        .containsPattern("(?m)^prompt +5 tokens, first token after \\d+ ms$")
        .containsPattern("(?m)^text +16 tokens, [\\d.]+ tokens/s, ended by max_tokens$");
    String seed = err.replaceAll("(?s).*\\nseed +(-?\\d+)\\n.*", "$1");
    assertThat(generate("-n", "20", "-s", seed).out())
        .isEqualTo(generate("-n", "20", "-s", seed).out());
  }

  @Test
  void quietPrintsTheTextAlone() {
    assertThat(generate("-n", "20", "--quiet").err()).isEmpty();
    assertThat(generate("-n", "2", "--quiet").err()).isEmpty();
  }

  @Test
  void aPromptMayLookLikeAnOption() {
    Console.Result result = Console.run("generate", model(), "-i", "-n", "--max-new", 0);
    assertThat(result.out()).isEqualTo("-n\n");
    assertThat(Console.run("generate", model(), "-i", "@x", "--max-new", 0).out())
        .isEqualTo("@x\n");
  }

  @Test
  void textIsUtf8() {
    Console.Result result = Console.run("generate", model(), "-i", "Grüße, 日本", "--max-new", 0);
    assertThat(result.out()).isEqualTo("Grüße, 日本\n");
  }

  @Test
  void specialTokensInThePromptAreTextUnlessAskedFor() {
    Object[] args = {"generate", model(), "-i", "Once</s>", "--max-new", 0};
    assertThat(Console.run(args).out()).isEqualTo("Once</s>\n");
    List<Object> specials = new ArrayList<>(List.of(args));
    specials.add("--specials");
    assertThat(Console.run(specials.toArray()).out()).isEqualTo("Once\n");
  }

  @Test
  void takesATokenizerFromElsewhere() {
    Path tokenizer = Shared.path("vectors/public/tokenizers/tok512.bin");
    assertThat(greedy("-z", tokenizer.toString(), "-n", "5")).isEqualTo("Once upon a time,\n");
  }

  @Test
  void printsEachTokenWhenItIsMade() {
    List<String> flushed = new ArrayList<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OutputStream watched =
        new OutputStream() {
          @Override
          public void write(int b) {
            bytes.write(b);
          }

          @Override
          public void flush() {
            String text = bytes.toString(StandardCharsets.UTF_8);
            if (flushed.isEmpty() || !text.equals(flushed.getLast())) {
              flushed.add(text);
            }
          }
        };
    Main.run(
        new String[] {"generate", model().toString(), "-i", ONCE, "-t", "0", "-n", "7"},
        new ByteArrayInputStream(new byte[0]),
        new PrintStream(watched),
        new PrintStream(OutputStream.nullOutputStream()));
    assertThat(flushed)
        .startsWith(ONCE, ONCE + ",", ONCE + ", there", ONCE + ", there was")
        .endsWith(ONCE + ", there was\n");
  }

  @Test
  void chatNeedsATemplate() {
    Console.Result result = generate("--chat");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .startsWith("error: ")
        .contains("stories260K.bin has no chat template")
        .hasLineCount(1);
  }

  @Test
  void saysThatAModelHasNoTokenizer() {
    Path model = Shared.path("vectors/public/quantizers/a_gqa.bin");
    Console.Result result = Console.run("generate", model);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err()).contains("a_gqa.bin has no tokenizer").contains("-z");
  }

  @Test
  void refusesAPromptLongerThanTheContext() {
    Console.Result result =
        Console.run("generate", model(), "-i", "Lily ".repeat(600), "--max-new", 1);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("the context only 512");
  }

  private static Path model() {
    return Shared.path("models/stories260K/stories260K.bin");
  }

  private static String greedy(String... options) {
    String[] all = new String[options.length + 2];
    all[0] = "-t";
    all[1] = "0";
    System.arraycopy(options, 0, all, 2, options.length);
    Console.Result result = generate(all);
    assertThat(result.status()).as(result.err()).isZero();
    return result.out();
  }

  private static Console.Result generate(String... options) {
    List<Object> args = new ArrayList<>(List.of("generate", model(), "-i", ONCE));
    args.addAll(List.of(options));
    return Console.run(args.toArray());
  }
}
