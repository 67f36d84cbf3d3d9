package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ChatCommandTest {

  @Test
  void goesOnInOneSession() {
    Console.Result whole =
        Console.run(
            "generate", model(), "-i", "Once upon a time", "-t", 0, "--max-new", 8, "--quiet");
    Console.Result chat = chat("Once upon a time\n");
    assertThat(chat.status()).isZero();
    assertThat("Once upon a time" + chat.out()).isEqualTo(whole.out());
    // The second answer depends on the first turn.
    String second =
        chat("Once upon a time\nLily\n").out().lines().skip(1).findFirst().orElseThrow();
    String alone = chat("Lily\n").out().lines().findFirst().orElseThrow();
    assertThat(second).isNotEqualTo(alone);
  }

  @Test
  void resetForgetsWhatWasSaid() {
    String alone = chat("Lily\n").out();
    assertThat(chat("Once upon a time\n/reset\nLily\n").out()).endsWith("\n" + alone);
  }

  @Test
  void quitEndsIt() {
    assertThat(chat("/quit\nLily\n").out()).isEmpty();
    assertThat(chat("").status()).isZero();
  }

  @Test
  void saysThatTheModelOnlyContinuesText() {
    assertThat(Console.run("chat", model()).err()).contains("no chat template").contains("/reset");
    assertThat(chat("").err()).isEmpty();
  }

  @Test
  void aLineThatDoesNotFitIsRefusedAndTheConversationGoesOn() {
    Console.Result result = chat("Lily ".repeat(600) + "\nLily\n");
    assertThat(result.status()).isZero();
    assertThat(result.err()).contains("the context has room for 512");
    assertThat(result.out()).isEqualTo(chat("Lily\n").out());
  }

  private static Path model() {
    return Shared.path("models/stories260K/stories260K.bin");
  }

  private static Console.Result chat(String input) {
    return Console.runWithInput(input, "chat", model(), "-t", 0, "--max-new", 8, "--quiet");
  }

  @Test
  void takesNoInstructionWithoutATemplate() {
    assertThat(Console.run("chat", model(), "--system", "Rhyme.").status()).isEqualTo(2);
    Console.Result result = chat("/system Rhyme.\nLily\n");
    assertThat(result.err()).contains("takes no instruction");
    assertThat(result.out()).isEqualTo(chat("Lily\n").out());
  }
}
