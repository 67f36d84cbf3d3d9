package io.tmac.sampling;

import static java.lang.Float.NEGATIVE_INFINITY;
import static java.lang.Float.NaN;
import static java.lang.Float.POSITIVE_INFINITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.management.ThreadMXBean;
import io.tmac.TmacException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SamplerTest {

  private static final SamplingOptions GREEDY = SamplingOptions.GREEDY;
  private static final SamplingOptions PLAIN = SamplingOptions.DEFAULT.withTopP(1);

  @Nested
  class Greedy {

    @Test
    void takesTheHighestLogit() {
      assertThat(sample(GREEDY, -1, 3, 2)).isEqualTo(1);
      assertThat(sample(GREEDY, -3, -1, -2)).isEqualTo(1);
    }

    @Test
    void takesTheLowestTokenOnTies() {
      assertThat(sample(GREEDY, 0, 7, 7, 7)).isEqualTo(1);
      assertThat(sample(GREEDY, -0f, 0f)).isZero();
      assertThat(sample(GREEDY, 0f, -0f)).isZero();
    }

    @Test
    void ofOneTokenIsThatToken() {
      assertThat(sample(GREEDY, -5)).isZero();
      assertThat(sample(SamplingOptions.DEFAULT, -5)).isZero();
    }
  }

  @Nested
  class Nucleus {

    @Test
    void includesTheTokenThatCrossesTopP() {
      float[] logits = logs(0.5, 0.3, 0.2); // 0.5 does not exceed 0.6, 0.5 + 0.3 does
      assertThat(candidates(PLAIN.withTopP(0.6f), logits)).containsExactly(0, 1);
    }

    @Test
    void isNotFullAtExactlyTopP() {
      assertThat(candidates(PLAIN.withTopP(0.5f), 0, 0, 0, 0)).containsExactly(0, 1, 2);
    }

    @Test
    void isTheBestTokenAtTopPZero() {
      assertThat(candidates(PLAIN.withTopP(0), 1, 1, 1, 1)).containsExactly(0);
    }

    @Test
    void followsTheTemperature() {
      float[] logits = logs(0.7, 0.2, 0.1);
      assertThat(candidates(PLAIN.withTopP(0.85f).withTemperature(0.5f), logits))
          .containsExactly(0);
      assertThat(candidates(PLAIN.withTopP(0.85f).withTemperature(2), logits))
          .containsExactly(0, 1, 2);
    }

    @Test
    void isMeasuredWithinTheTopK() {
      float[] logits = logs(0.4, 0.2, 0.2, 0.2); // top-2 makes 0.4 two thirds
      assertThat(candidates(PLAIN.withTopP(0.6f).withTopK(2), logits)).containsExactly(0);
    }
  }

  @Test
  void minPIsRelativeToTheBestToken() {
    float[] logits = logs(0.5, 0.3, 0.14, 0.06);
    assertThat(candidates(PLAIN.withMinP(0.2f), logits)).containsExactly(0, 1, 2);
    assertThat(candidates(PLAIN.withMinP(1), 2, 1, 2)).containsExactly(0, 2);
  }

  @Nested
  class PenaltiesOfSeenTokens {

    @Test
    void repetitionDividesPositiveAndMultipliesNegativeLogits() {
      SamplingOptions options = GREEDY.withRepetitionPenalty(2);
      assertThat(sampleAfter(options, List.of(0), List.of(), 3, 2, 1)).isEqualTo(1);
      assertThat(sampleAfter(options, List.of(0), List.of(), 3, 1, 1)).isEqualTo(0);
      assertThat(sampleAfter(options, List.of(0), List.of(), -1, -1.5f)).isEqualTo(1);
    }

    @Test
    void repetitionIsAppliedOnceHoweverOftenATokenWasSeen() {
      SamplingOptions options = GREEDY.withRepetitionPenalty(2);
      assertThat(sampleAfter(options, List.of(0, 0, 0), List.of(0), 3, 1)).isZero();
    }

    @Test
    void repetitionForgetsWhatLeftTheWindow() {
      SamplingOptions options = GREEDY.withRepetitionPenalty(2).withRepetitionWindow(2);
      assertThat(sampleAfter(options, List.of(0), List.of(1), 3, 2.5f, 2)).isEqualTo(2);
      assertThat(sampleAfter(options, List.of(0, 1), List.of(1), 3, 2.5f, 2)).isEqualTo(0);
    }

    @Test
    void repetitionCanCoverTheWholeHistory() {
      SamplingOptions options =
          GREEDY.withRepetitionPenalty(2).withRepetitionWindow(SamplingOptions.WHOLE_HISTORY);
      Sampler sampler = new Sampler(options, 0, 3);
      sampler.acceptPrompt(0);
      for (int i = 0; i < 10_000; i++) {
        sampler.accept(1);
      }
      assertThat(sampler.sample(new float[] {3, 2, 1.75f})).isEqualTo(2);
    }

    @Test
    void aHugeWindowCostsOnlyWhatItHolds() {
      SamplingOptions options =
          GREEDY.withRepetitionPenalty(2).withRepetitionWindow(Integer.MAX_VALUE);
      assertThat(sampleAfter(options, List.of(0), List.of(), 3, 2)).isEqualTo(1);
    }

    @Test
    void presenceIsSubtractedOnceAndFrequencyEachTime() {
      assertThat(sampleAfter(GREEDY.withPresencePenalty(1), List.of(), List.of(0, 0, 0), 3, 1.5f))
          .isZero();
      assertThat(sampleAfter(GREEDY.withFrequencyPenalty(1), List.of(), List.of(0, 0, 0), 3, 1.5f))
          .isEqualTo(1);
    }

    @Test
    void presenceAndFrequencyIgnoreThePrompt() {
      SamplingOptions options = GREEDY.withPresencePenalty(2).withFrequencyPenalty(2);
      assertThat(sampleAfter(options, List.of(0, 0, 0), List.of(), 3, 2)).isZero();
      assertThat(sampleAfter(options, List.of(), List.of(0), 3, 2)).isEqualTo(1);
    }
  }

  @Nested
  class Bias {

    @Test
    void isAdded() {
      assertThat(sample(GREEDY.withLogitBias(Map.of(0, 1.5f)), 1, 2)).isZero();
      assertThat(sample(GREEDY.withLogitBias(Map.of(1, -1.5f)), 1, 2)).isZero();
    }

    @Test
    void ofMinus100OrLessForbidsEvenAmongHugeLogits() {
      assertThat(sample(GREEDY.withLogitBias(Map.of(1, -100f)), 1, 1e9f)).isZero();
      assertThat(sample(GREEDY.withLogitBias(Map.of(1, NEGATIVE_INFINITY)), 1, POSITIVE_INFINITY))
          .isZero();
    }

    @Test
    void of100OrMoreForcesAndTheModelDecidesBetweenSeveral() {
      assertThat(sample(GREEDY.withLogitBias(Map.of(2, 100f)), 1, 1e9f, -1e9f)).isEqualTo(2);
      assertThat(sample(GREEDY.withLogitBias(Map.of(0, POSITIVE_INFINITY, 2, 100f)), 1, 9, 2))
          .isEqualTo(2);
      assertThat(candidates(PLAIN.withLogitBias(Map.of(0, 100f, 2, 100f)), 1, 9, 2))
          .containsExactly(0, 2);
    }

    @Test
    void isAddedAfterTheRepetitionPenalty() {
      SamplingOptions options = GREEDY.withRepetitionPenalty(2).withLogitBias(Map.of(0, 2f));
      // -1 * 2 + 2 = 0; the other order would give (-1 + 2) / 2 = 0.5
      assertThat(sampleAfter(options, List.of(0), List.of(), -1, 0.25f)).isEqualTo(1);
    }

    @Test
    void outweighsThePenalties() {
      SamplingOptions options =
          GREEDY.withRepetitionPenalty(10).withPresencePenalty(2).withLogitBias(Map.of(0, 100f));
      assertThat(sampleAfter(options, List.of(0), List.of(0), 1, 9)).isZero();
    }

    @Test
    void outsideTheVocabularyIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Sampler(GREEDY.withLogitBias(Map.of(9, 1f)), 0, 9))
          .withMessageContaining("token 9")
          .withMessageContaining("[0, 9)");
    }
  }

  @Nested
  class BrokenLogits {

    @Test
    void nanIsNeverChosen() {
      assertThat(sample(GREEDY, NaN, -5, NaN)).isEqualTo(1);
      assertThat(candidates(PLAIN, NaN, -5, NaN, -6)).containsExactly(1, 3);
    }

    @Test
    void minusInfinityIsNeverChosen() {
      assertThat(candidates(PLAIN, NEGATIVE_INFINITY, 0, NEGATIVE_INFINITY)).containsExactly(1);
    }

    @Test
    void infinityWinsAndSeveralShare() {
      assertThat(sample(GREEDY, 1, POSITIVE_INFINITY, POSITIVE_INFINITY)).isEqualTo(1);
      assertThat(candidates(PLAIN, 1, POSITIVE_INFINITY, NaN, POSITIVE_INFINITY))
          .containsExactly(1, 3);
    }

    @Test
    void extremeTemperaturesStayFinite() {
      assertThat(candidates(PLAIN.withTemperature(Float.MIN_VALUE), 1, 2, 2)).containsExactly(1, 2);
      assertThat(candidates(PLAIN.withTemperature(Float.MAX_VALUE), -Float.MAX_VALUE, 2))
          .containsExactly(0, 1);
    }

    @Test
    void withoutAnyPossibleTokenTheErrorSaysWhatToCheck() {
      for (SamplingOptions options : List.of(GREEDY, PLAIN, SamplingOptions.DEFAULT.withTopK(2))) {
        assertThatExceptionOfType(TmacException.class)
            .isThrownBy(() -> sample(options, NaN, NEGATIVE_INFINITY, NaN))
            .withMessageContaining("all 3 logits are NaN or -infinity")
            .withMessageContaining("weights")
            .withMessageContaining("logitBias");
      }
      assertThatExceptionOfType(TmacException.class)
          .isThrownBy(() -> sample(GREEDY.withLogitBias(Map.of(0, -100f, 1, -100f)), 1, 2));
    }
  }

  @Test
  void argumentsAreChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sampler(GREEDY, 0, 0))
        .withMessageContaining("vocabSize must be at least 1, got 0");
    Sampler sampler = new Sampler(GREEDY, 0, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sampler.sample(new float[4]))
        .withMessageContaining("3 elements")
        .withMessageContaining("got 4");
    for (int token : new int[] {-1, 3}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> sampler.accept(token))
          .withMessage("token must be in [0, 3), got " + token);
      assertThatIllegalArgumentException().isThrownBy(() -> sampler.acceptPrompt(token));
    }
  }

  /** A seed means the same text on every platform and in every release. */
  @Test
  void seed42IsPinned() {
    Sampler sampler = new Sampler(SamplingOptions.DEFAULT, 42, 8);
    float[] logits = {0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f};
    int[] tokens = new int[16];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = sampler.sample(logits);
    }
    assertThat(tokens).containsExactly(5, 7, 7, 7, 7, 4, 7, 5, 7, 6, 7, 6, 6, 6, 6, 7);
  }

  static List<SamplingOptions> allFeatures() {
    SamplingOptions penalised =
        SamplingOptions.DEFAULT
            .withRepetitionPenalty(1.1f)
            .withPresencePenalty(0.5f)
            .withFrequencyPenalty(0.5f)
            .withLogitBias(Map.of(3, 1f, 4, -100f));
    return List.of(
        SamplingOptions.DEFAULT,
        GREEDY,
        PLAIN,
        PLAIN.withTopK(40).withMinP(0.05f),
        penalised,
        penalised.withRepetitionWindow(SamplingOptions.WHOLE_HISTORY),
        penalised.withLogitBias(Map.of(3, 100f, 5, 100f)));
  }

  @ParameterizedTest
  @MethodSource("allFeatures")
  void doesNotAllocate(SamplingOptions options) {
    float[] logits = new float[4000];
    Random random = new Random(7);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian() * 3;
    }
    Sampler sampler = new Sampler(options, 1, logits.length);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().threadId();
    generate(sampler, logits, 300); // more than the window

    long before = threads.getThreadAllocatedBytes(thread);
    generate(sampler, logits, 300);
    long allocated = threads.getThreadAllocatedBytes(thread) - before;

    assertThat(allocated / 300).as("bytes per token").isLessThan(64);
  }

  private static void generate(Sampler sampler, float[] logits, int count) {
    for (int i = 0; i < count; i++) {
      sampler.accept(sampler.sample(logits));
    }
  }

  private static int sample(SamplingOptions options, float... logits) {
    return new Sampler(options, 0, logits.length).sample(logits);
  }

  private static int sampleAfter(
      SamplingOptions options, List<Integer> prompt, List<Integer> generated, float... logits) {
    Sampler sampler = new Sampler(options, 0, logits.length);
    prompt.forEach(sampler::acceptPrompt);
    generated.forEach(sampler::accept);
    return sampler.sample(logits);
  }

  /** The tokens that can be drawn, ascending. */
  private static SortedSet<Integer> candidates(SamplingOptions options, float... logits) {
    Sampler sampler = new Sampler(options, 0, logits.length);
    TreeSet<Integer> drawn = new TreeSet<>();
    for (int i = 0; i < 1000; i++) {
      drawn.add(sampler.sample(logits));
    }
    return drawn;
  }

  private static float[] logs(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(probabilities[i]);
    }
    return logits;
  }
}
