package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void drawsOneLineOnATerminalAndRemovesIt() throws InterruptedException {
    try (ProgressLine progress = ProgressLine.of(err, true)) {
      Thread.sleep(150); // longer than it waits before it draws
      progress.update("layers.10.w2", 50, 200);
      progress.update("layers.11.w2", 51, 200); // too soon
    }
    String line = "[#######.......................]  25 %  layers.10.w2";
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("\r" + line + "\r" + " ".repeat(line.length()) + "\r");
  }

  @Test
  void isSilentElsewhereWhenTheRunIsShort() {
    try (ProgressLine progress = ProgressLine.of(err, false)) {
      progress.update("wq", 1, 2);
      progress.update("wq", 2, 2);
    }
    assertThat(bytes.size()).isZero();
  }
}
