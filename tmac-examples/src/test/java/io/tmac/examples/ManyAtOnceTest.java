package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import io.tmac.gateway.DemoModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ManyAtOnceTest {

  @Test
  void tellsAllStories() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (Model model = DemoModel.load()) {
      ManyAtOnce.tellStories(model, out);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("Once upon a time", "One day", "Lily was", "The dog", "Tom and Sam");
  }
}
