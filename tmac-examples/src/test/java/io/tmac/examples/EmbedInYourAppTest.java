package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EmbedInYourAppTest {

  @Test
  void tellsAStory() {
    Console.Result result = Console.run("embed", Shared.path("models/stories260K"));
    assertThat(result.status()).isZero();
    assertThat(result.out()).hasSizeGreaterThan(30).endsWith("\n");
  }
}
