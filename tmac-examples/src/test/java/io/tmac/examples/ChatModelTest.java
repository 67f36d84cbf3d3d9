package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A published chat model; with exact inputs its answers are known. */
class ChatModelTest {
  private static final String ACTIVATIONS = "tmac.activations";
  private static final String CAPITAL = "What is the capital of France?";
  private static final String PARIS = "The capital of France is Paris.\n";

  private String activations;

  @BeforeEach
  void remember() {
    activations = System.getProperty(ACTIVATIONS);
  }

  private static void useExactInputs() {
    System.setProperty(ACTIVATIONS, "f32");
  }

  @AfterEach
  void restore() {
    if (activations == null) {
      System.clearProperty(ACTIVATIONS);
    } else {
      System.setProperty(ACTIVATIONS, activations);
    }
  }

  @Test
  void generateAnswersAndPrintsTheAnswerAlone() {
    useExactInputs();
    Console.Result result =
        Console.run("generate", model(), "--chat", "-i", CAPITAL, "-t", 0, "--quiet");
    assertThat(result.status()).isZero();
    assertThat(result.out()).isEqualTo(PARIS);
    assertThat(result.err()).isEmpty();
  }

  @Test
  void positionsCountThePromptOfAConversation() {
    Console.Result two = Console.run("generate", model(), "--chat", "-i", CAPITAL, "-n", 38);
    assertThat(two.err()).contains("prompt  37 tokens", "text    2 tokens");
    Console.Result none = Console.run("generate", model(), "--chat", "-i", CAPITAL, "-n", 30);
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).contains("the prompt has 37 tokens").contains("--max-new");
  }

  @Test
  void chatAnswersAndRemembers() {
    useExactInputs();
    Console.Result result = chat(CAPITAL + "\nAre you sure?\n/reset\n" + CAPITAL + "\n");
    assertThat(result.status()).isZero();
    assertThat(result.out()).startsWith(PARIS).endsWith("\n" + PARIS);
    assertThat(result.out()).doesNotContain("Are you sure?").doesNotContain("<|im_end|>");
    String alone = chat("Are you sure?\n").out();
    assertThat(result.out()).isNotEqualTo(PARIS + alone + PARIS);
  }

  @Test
  void chatTakesAnInstruction() {
    String plain = chat("Hello\n").out();
    String given = chat("Hello\n", "--system", "Answer with one word.").out();
    assertThat(given).isNotEqualTo(plain);
    assertThat(chat("/system Answer with one word.\nHello\n").out()).isEqualTo(given);
    assertThat(chat("/system Answer with one word.\n/system\nHello\n").out()).isEqualTo(plain);
  }

  @Test
  void statisticsGoToStandardError() {
    useExactInputs();
    Console.Result result =
        Console.runWithInput(CAPITAL + "\n", "chat", model(), "-t", 0, "--max-new", 8);
    assertThat(result.out()).isEqualTo(PARIS);
    assertThat(result.err())
        .contains("37 prompt tokens", "7 tokens", "tokens/s, ended by end_of_text");
  }

  private static Path model() {
    return Shared.path("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
  }

  private static Console.Result chat(String input, Object... more) {
    Object[] arguments = {"chat", model(), "-t", 0, "--max-new", 12, "--quiet"};
    Object[] all = new Object[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Console.runWithInput(input, all);
  }
}
