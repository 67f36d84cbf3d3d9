package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.testing.TinyModels.Container;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An embedding may have more rows than the tokenizer has tokens. */
class SpareTokensTest {
  private static final int KNOWN = 20;

  @Test
  void rowsWithoutATokenAreNeverGenerated() {
    assertThat(generate(TestModels.TOKENIZER)).anyMatch(token -> token >= KNOWN);
    assertThat(generate(new TestTokenizer(KNOWN))).hasSize(100).allMatch(token -> token < KNOWN);
  }

  @Test
  void aTokenizerWithMoreTokensBelongsToAnotherModel() {
    ModelOptions options = ModelOptions.DEFAULT.withTokenizer(new TestTokenizer(58));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestModels.load(Container.Q4V1, TestModels.SHAPE, options))
        .withMessageContainingAll("58", "57");
  }

  private static List<Integer> generate(TestTokenizer tokenizer) {
    ModelOptions options = ModelOptions.DEFAULT.withTokenizer(tokenizer);
    try (Model model = TestModels.load(Container.Q4V1, TestModels.SHAPE, options)) {
      return model
          .generate(new int[] {1, 7})
          .temperature(5)
          .seed(3)
          .logitBias(Map.of(TestTokenizer.EOS, -100f))
          .maxTokens(100)
          .result()
          .tokens();
    }
  }
}
