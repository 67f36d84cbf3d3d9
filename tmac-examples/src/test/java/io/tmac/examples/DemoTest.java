package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import io.tmac.gateway.DemoModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What runs where no model is named. */
class DemoTest {
  private static final String ONCE = "Once upon a time";

  private static String story(String beginning, int tokens) throws IOException {
    try (Model model = DemoModel.load()) {
      return model.generate(beginning).temperature(0).maxTokens(tokens).text();
    }
  }

  @Test
  void generateBeginsAStory() throws IOException {
    Console.Result result = Console.run("generate", "-t", 0, "--max-new", 20);
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo(ONCE + story(ONCE, 20) + "\n");
    assertThat(result.err())
        .startsWith("note: no MODEL is named: this is the built-in demo model tmac-stories")
        .containsPattern("(?m)^model +TM2, ternary_v2, ");
    assertThat(Console.run("generate", "-t", 0, "--max-new", 20, "--quiet").err()).isEmpty();
  }

  @Test
  void generateTakesABeginning() throws IOException {
    Console.Result result =
        Console.run("generate", "-i", "The cat", "-t", 0, "--max-new", 9, "--quiet");
    assertThat(result.out()).isEqualTo("The cat" + story("The cat", 9) + "\n");
    assertThat(Console.run("generate", "-i", "", "--max-new", 0, "--quiet").out()).isEqualTo("\n");
    assertThat(
            Console.run("generate", "--chat", "-i", "The cat", "-t", 0, "--max-new", 9, "--quiet")
                .out())
        .isEqualTo(story("The cat", 9) + "\n");
  }

  @Test
  void eachLineOfAChatBeginsAStory() throws IOException {
    Console.Result result =
        Console.runWithInput(ONCE + "\nThe cat\n", "chat", "-t", 0, "--max-new", 9);
    assertThat(result.out()).isEqualTo(story(ONCE, 9) + "\n" + story("The cat", 9) + "\n");
    assertThat(result.err())
        .startsWith("note: ")
        .contains("demo model tmac-stories", "Each line begins a new one");
  }

  @Test
  void benchMeasuresIt() {
    Console.Result result =
        Console.run("bench", "-p", 4, "-n", 3, "-r", 1, "--threads", 1, "--json");
    assertThat(result.status()).as(result.err()).isZero();
    JsonNode one = new ObjectMapper().readTree(result.out()).get("results").get(0);
    assertThat(one.get("model").stringValue()).isEqualTo(DemoModel.NAME);
    assertThat(one.get("format").stringValue()).isEqualTo("ternary_v2");
    assertThat(one.get("head").stringValue()).isEqualTo("ternary_v2");
    assertThat(result.err()).startsWith("note: ").contains(DemoModel.NAME).hasLineCount(1);
  }

  @Test
  void embedTellsAStory() {
    Console.Result result = Console.run("embed");
    assertThat(result.status()).isZero();
    assertThat(result.out()).hasSizeGreaterThan(30).endsWith("\n");
    assertThat(result.err()).startsWith("note: ").contains(DemoModel.NAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "chat", "embed"})
  void helpTellsOfIt(String command) {
    assertThat(Console.run(command, "--help").out().replaceAll("\\s+", " "))
        .startsWith("Usage: tmac-examples " + command)
        .contains("[MODEL]")
        .contains("Default: a small demo model of stories.");
    Console.Result result = Console.run(command, "-z", "tokenizer.bin");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).startsWith("error: -z belongs to a MODEL");
  }

  @Test
  @Tag("jar")
  void theRunnableJarHasIt() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-jar",
                "target/tmac-examples.jar",
                "generate",
                "-t",
                "0",
                "--max-new",
                "20",
                "--quiet")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> lines = process.inputReader().readAllLines();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(String.join("\n", lines)).isEqualTo((ONCE + story(ONCE, 20)).stripTrailing());
  }
}
