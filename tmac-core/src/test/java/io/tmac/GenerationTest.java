package io.tmac;

import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.tmac.sampling.Logprobs;
import io.tmac.sampling.SamplingOptions;
import io.tmac.sampling.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a {@link GenerationRequest} asks for, and what a {@link Generation} says. */
class GenerationTest {
  private static final Model MODEL = TestModels.letters();

  @AfterAll
  static void close() {
    MODEL.close();
  }

  @Test
  void defaultsAreThoseThatTheClassStates() {
    GenerationRequest request = MODEL.generate("once");
    assertThat(request.maxTokens).isEqualTo(256);
    assertThat(request.sampling).isEqualTo(SamplingOptions.DEFAULT);
    assertThat(request.sampling.temperature()).isEqualTo(1.0f);
    assertThat(request.sampling.topP()).isEqualTo(0.9f);
    assertThat(request.stops).isEmpty();
    Generation generation = request.maxTokens(5).result();
    assertThat(generation.logprobs()).isEmpty();
    assertThat(generation.droppedTokens()).isZero();
  }

  @Test
  void settingsReachTheSampler() {
    GenerationRequest request =
        MODEL
            .generate("once")
            .temperature(0.5f)
            .topK(4)
            .topP(0.8f)
            .minP(0.1f)
            .repetitionPenalty(1.2f)
            .presencePenalty(0.3f)
            .frequencyPenalty(0.4f)
            .logitBias(Map.of(7, 1.5f));
    assertThat(request.sampling)
        .isEqualTo(new SamplingOptions(0.5f, 4, 0.8f, 0.1f, 1.2f, 64, 0.3f, 0.4f, Map.of(7, 1.5f)));
  }

  @Test
  void textIsThatOfTheTokens() {
    Generation generation = MODEL.generate("once").seed(3).maxTokens(40).result();
    assertThat(generation.tokens()).isNotEmpty();
    assertThat(generation.generatedTokens()).isEqualTo(generation.tokens().size());
    assertThat(generation.text()).isEqualTo(TestModels.TOKENIZER.text(generation.tokens()));
    assertThat(generation.promptTokens()).isEqualTo(5);
    assertThat(generation.seed()).isEqualTo(3);
    assertThat(MODEL.generate("once").seed(3).maxTokens(40).text()).isEqualTo(generation.text());
  }

  @Test
  void withoutASeedEachRunDrawsOneThatCanBeUsedAgain() {
    GenerationRequest request = MODEL.generate("once").maxTokens(20);
    Generation first = request.result();
    Generation second = request.result();
    assertThat(second.seed()).isNotEqualTo(first.seed());
    assertThat(request.seed(first.seed()).result().tokens()).isEqualTo(first.tokens());
  }

  @Test
  void timesAndSpeedAreReported() {
    Generation generation = MODEL.generate("once").maxTokens(20).logitBias(only('a')).result();
    assertThat(generation.promptTime()).isPositive();
    assertThat(generation.generationTime()).isPositive();
    double seconds = generation.generationTime().toNanos() / 1e9;
    assertThat(generation.tokensPerSecond()).isCloseTo(20 / seconds, within(1e-6));
  }

  @Test
  void noTokensMayBeAskedFor() {
    List<GeneratedToken> seen = new ArrayList<>();
    Generation generation = MODEL.generate("once").maxTokens(0).result(seen::add);
    assertThat(generation.tokens()).isEmpty();
    assertThat(seen).isEmpty();
    assertThat(generation.text()).isEmpty();
    assertThat(generation.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    assertThat(generation.promptTokens()).isEqualTo(5);
    assertThat(generation.tokensPerSecond()).isZero();
  }

  @Test
  void endOfTextEndsAndIsNoTokenOfTheText() {
    Generation generation =
        MODEL.generate("once").logitBias(Map.of(TestTokenizer.EOS, 100f)).logprobs(0).result();
    assertThat(generation.finishReason()).isEqualTo(FinishReason.END_OF_TEXT);
    assertThat(generation.tokens()).isEmpty();
    assertThat(generation.logprobs()).isEmpty();
    assertThat(generation.text()).isEmpty();
  }

  @Test
  void charactersOfSeveralTokensComeWhole() {
    // Forbids all tokens but the two halves of one character, which alternate under the penalty.
    Map<Integer, Float> halves =
        Map.of(TestTokenizer.E_ACUTE_FIRST, 100f, TestTokenizer.E_ACUTE_SECOND, 100f);
    List<String> texts = new ArrayList<>();
    Generation generation =
        MODEL
            .generate("once")
            .logitBias(halves)
            .seed(1)
            .topP(1)
            .maxTokens(60)
            .result(token -> texts.add(token.text()));
    assertThat(String.join("", texts)).isEqualTo(generation.text());
    assertThat(generation.text()).isEqualTo(TestModels.TOKENIZER.text(generation.tokens()));
    assertThat(generation.text()).contains("é", "\ufffd");
  }

  @Test
  void logprobsAreLogarithmsOfProbabilities() {
    int vocabSize = TestModels.SHAPE.vocabSize();
    Generation generation =
        MODEL.generate("once").seed(5).maxTokens(12).logprobs(vocabSize).result();
    assertThat(generation.logprobs()).hasSameSizeAs(generation.tokens());
    for (int i = 0; i < generation.generatedTokens(); i++) {
      Logprobs logprobs = generation.logprobs().get(i);
      assertThat(logprobs.chosen().token()).isEqualTo(generation.tokens().get(i));
      assertThat(logprobs.top()).hasSize(vocabSize).contains(logprobs.chosen());
      double sum = logprobs.top().stream().mapToDouble(top -> Math.exp(top.logprob())).sum();
      assertThat(sum).isCloseTo(1, within(1e-5));
      assertThat(logprobs.top().stream().map(TokenLogprob::logprob).toList())
          .isSortedAccordingTo((a, b) -> Float.compare(b, a));
    }
  }

  @Test
  void logprobsAreThoseOfTheLogits() {
    int[] prompt = TestModels.TOKENIZER.encode("once");
    Generation generation = MODEL.generate(prompt).temperature(0).maxTokens(1).logprobs(3).result();
    float[] logits;
    try (Session session = MODEL.newSession()) {
      logits = session.logits(prompt)[prompt.length - 1];
    }
    Logprobs logprobs = generation.logprobs().getFirst();
    assertThat(logprobs).isEqualTo(Logprobs.of(logits, generation.tokens().getFirst(), 3));
    assertThat((double) logprobs.chosen().logprob())
        .isCloseTo(-Goldens.nll(logits, logprobs.chosen().token()), within(1e-5));
    assertThat(logprobs.top()).hasSize(3).first().isEqualTo(logprobs.chosen());
  }

  @Test
  void listsOfAGenerationCannotBeChanged() {
    Generation generation = MODEL.generate("once").maxTokens(3).logitBias(only('b')).result();
    assertThat(generation.tokens()).containsExactly(letter('b'), letter('b'), letter('b'));
    assertThat(generation.tokens()).isUnmodifiable();
    assertThat(generation.logprobs()).isUnmodifiable();
  }

  @Test
  void theArrayOfAPromptIsCopied() {
    int[] prompt = TestModels.TOKENIZER.encode("once");
    GenerationRequest request = MODEL.generate(prompt).seed(1).maxTokens(10);
    List<Integer> tokens = request.result().tokens();
    prompt[0] = -1;
    assertThat(request.result().tokens()).isEqualTo(tokens);
  }

  @Test
  void argumentsAreChecked() {
    GenerationRequest request = MODEL.generate("once");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> request.maxTokens(-1))
        .withMessageContaining("-1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> request.logprobs(-1))
        .withMessageContaining("-1");
    assertThatIllegalArgumentException().isThrownBy(() -> request.stop("a", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> request.temperature(-0.5f));
    assertThatIllegalArgumentException().isThrownBy(() -> request.topP(1.5f));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MODEL.generate(new int[0]).result())
        .withMessageContaining("no tokens");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MODEL.generate("once").logitBias(Map.of(57, 1f)).result())
        .withMessageContaining("57");
  }

  @Test
  void tokensOfAPromptMustBeInTheVocabulary() {
    for (int token : new int[] {-1, 57, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> MODEL.generate(new int[] {1, token}).result())
          .withMessageContainingAll("0 to 56", String.valueOf(token));
    }
  }

  private static Map<Integer, Float> only(char letter) {
    return Map.of(letter(letter), 100f);
  }
}
