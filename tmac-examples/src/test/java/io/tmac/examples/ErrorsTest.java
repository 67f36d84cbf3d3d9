package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unknown",
        "generate missing.bin another",
        "generate missing.bin --unknown",
        "generate missing.bin -n -1",
        "generate missing.bin -n many",
        "generate missing.bin --max-new -1",
        "generate missing.bin -n 5 --max-new 5",
        "generate missing.bin -t -1",
        "generate missing.bin -t NaN",
        "generate missing.bin -p 1.5",
        "generate missing.bin -k -1",
        "generate missing.bin --min-p 2",
        "generate missing.bin --repeat-penalty 0",
        "generate missing.bin -s x",
        "generate missing.bin --threads 0",
        "chat missing.bin --max-new -1",
        "generate missing.bin --chat --specials",
        "chat missing.bin -p 2",
        "embed missing.bin another"
      })
  void usageErrorsEndWith2(String line) {
    Console.Result result = Console.run((Object[]) line.split(" "));
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("error: ").contains("Usage: tmac-examples");
  }

  @Test
  void noCommandIsAUsageError() {
    assertThat(Console.run().status()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate missing.bin",
        "generate missing.bin --chat",
        "chat missing.bin",
        "embed missing.bin"
      })
  void otherErrorsEndWith1AndOneLine(String line) {
    Console.Result result = Console.run((Object[]) line.split(" "));
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("error: missing.bin: ").hasLineCount(1);
  }
}
