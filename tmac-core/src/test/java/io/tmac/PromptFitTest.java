package io.tmac;

import static io.tmac.TestTokenizer.BOS;
import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.testing.TinyModels.Container;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;

/** Prompts and texts at the end of the context. */
class PromptFitTest {
  private static final int CONTEXT = TestModels.SHAPE.contextLength();
  private static final Map<Integer, Float> ONLY_A = Map.of(letter('a'), 100f);
  private static final Model MODEL = TestModels.letters();

  @AfterContainer
  static void close() {
    MODEL.close();
  }

  @Example
  void aPromptThatDoesNotFitIsRefusedWithNumbers() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MODEL.generate(prompt(CONTEXT + 1)).result())
        .withMessageContainingAll("129 tokens", "context of 128", "room for 128", "truncatePrompt");
  }

  @Example
  void aPromptMayFillTheContext() {
    Generation generation = MODEL.generate(prompt(CONTEXT)).logitBias(ONLY_A).result();
    assertThat(generation.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
    assertThat(generation.text()).isEqualTo("a");
  }

  @Example
  void textEndsWhenTheContextIsFull() {
    Generation generation = MODEL.generate(prompt(100)).logitBias(ONLY_A).result();
    assertThat(generation.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
    // The last one is chosen at the last position and takes none itself.
    assertThat(generation.generatedTokens()).isEqualTo(CONTEXT - 100 + 1);
  }

  @Example
  void theContextMayBeLimited() {
    ModelOptions options = ModelOptions.DEFAULT.withContextLength(10);
    try (Model model = TestModels.load(Container.Q4V1, TestModels.SHAPE, options)) {
      assertThat(model.info().contextLength()).isEqualTo(10);
      Generation generation = model.generate(prompt(8)).logitBias(ONLY_A).result();
      assertThat(generation.generatedTokens()).isEqualTo(3);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.generate(prompt(11)).result())
          .withMessageContaining("context of 10");
    }
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void truncationKeepsBosAndTheEnd(
      @ForAll @IntRange(min = 129, max = 400) int length,
      @ForAll @IntRange(min = 0, max = 200) int maxTokens) {
    int[] prompt = prompt(length);
    Generation generation =
        MODEL
            .generate(prompt)
            .truncatePrompt()
            .maxTokens(maxTokens)
            .temperature(0)
            .logprobs(0)
            .result();
    int kept = CONTEXT - Math.min(maxTokens, CONTEXT / 2);
    assertThat(generation.promptTokens()).isEqualTo(kept);
    assertThat(generation.droppedTokens()).isEqualTo(length - kept);
    int[] expected = Arrays.copyOfRange(prompt, length - kept, length);
    expected[0] = BOS;
    Generation same =
        MODEL.generate(expected).maxTokens(maxTokens).temperature(0).logprobs(0).result();
    assertThat(generation.tokens()).isEqualTo(same.tokens());
    assertThat(generation.logprobs()).isEqualTo(same.logprobs());
    assertThat(generation.finishReason()).isEqualTo(same.finishReason());
  }

  @Example
  void truncationKeepsNoFirstTokenThatIsNotBos() {
    int[] prompt = prompt(200);
    prompt[0] = letter('q');
    Generation generation =
        MODEL.generate(prompt).truncatePrompt().maxTokens(5).temperature(0).result();
    int[] end = Arrays.copyOfRange(prompt, 200 - 123, 200);
    assertThat(generation.promptTokens()).isEqualTo(123);
    assertThat(generation.tokens())
        .isEqualTo(MODEL.generate(end).maxTokens(5).temperature(0).result().tokens());
  }

  @Example
  void aPromptThatFitsWithItsTextIsNotTruncated() {
    Generation generation = MODEL.generate(prompt(100)).truncatePrompt().maxTokens(28).result();
    assertThat(generation.promptTokens()).isEqualTo(100);
    assertThat(generation.droppedTokens()).isZero();
  }

  @Example
  void aSessionCountsItsEarlierTokens() {
    try (Session session = MODEL.newSession()) {
      session.logits(prompt(100));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.generate(prompt(29)).result())
          .withMessageContainingAll("29 tokens", "room for 28");
      assertThat(session.position()).isEqualTo(100);
      Generation generation =
          session.generate(prompt(40)).truncatePrompt().maxTokens(8).logitBias(ONLY_A).result();
      assertThat(generation.promptTokens()).isEqualTo(20);
      assertThat(generation.droppedTokens()).isEqualTo(20);
      assertThat(session.position()).isEqualTo(CONTEXT);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.logits(new int[] {5}))
          .withMessageContaining("room for 0");
    }
  }

  /** BOS and random letters. */
  private static int[] prompt(int length) {
    int[] prompt = new Random(length).ints(length, letter('a'), letter('z') + 1).toArray();
    prompt[0] = BOS;
    return prompt;
  }
}
