package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

  @Test
  void takesTheBytesOfWhatJavaCouldNotDecode() {
    String[] args = {"generate", "-i", "Gr\uFFFD\uFFFD\uFFFD\uFFFDe", ""};
    byte[] commandLine =
        "java\0-jar\0x.jar\0generate\0-i\0Grüße\0\0".getBytes(StandardCharsets.UTF_8);
    assertThat(Arguments.repaired(args, commandLine))
        .containsExactly("generate", "-i", "Grüße", "");
  }

  @Test
  void leavesArgumentsAloneThatAreNotOnTheCommandLine() {
    String[] args = {"a\uFFFD", "b"};
    assertThat(Arguments.repaired(args, "java\0".getBytes(StandardCharsets.UTF_8)))
        .containsExactly(args);
  }

  @Test
  void leavesGoodArgumentsAlone() {
    String[] args = {"Grüße"};
    assertThat(Arguments.repaired(args)).isSameAs(args);
  }
}
