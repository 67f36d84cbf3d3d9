package io.tmac.sampling;

import static java.lang.Float.NEGATIVE_INFINITY;
import static java.lang.Float.NaN;
import static java.lang.Float.POSITIVE_INFINITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LogprobsTest {

  private static final float[] TENTHS = {
    (float) Math.log(1), (float) Math.log(4), (float) Math.log(2), (float) Math.log(3)
  };

  @Test
  void areLogarithmsOfTheSoftmax() {
    Logprobs logprobs = Logprobs.of(TENTHS, 2, 3);

    assertThat(logprobs.chosen().token()).isEqualTo(2);
    assertThat(logprobs.chosen().logprob()).isCloseTo((float) Math.log(0.2), within(1e-6f));
    assertThat(logprobs.top()).extracting(TokenLogprob::token).containsExactly(1, 3, 2);
    assertThat(logprobs.top().getFirst().logprob()).isCloseTo((float) Math.log(0.4), within(1e-6f));
    assertThat(logprobs.top().get(2)).isEqualTo(logprobs.chosen());
  }

  @Test
  void theChosenTokenNeedNotBeAmongTheTop() {
    assertThat(Logprobs.of(TENTHS, 0, 1).top()).extracting(TokenLogprob::token).containsExactly(1);
    assertThat(Logprobs.of(TENTHS, 0, 0).top()).isEmpty();
  }

  @Test
  void tiesAreListedByToken() {
    assertThat(Logprobs.of(new float[] {1, 2, 1, 2, 1}, 0, 4).top())
        .extracting(TokenLogprob::token)
        .containsExactly(1, 3, 0, 2);
  }

  @Test
  void moreThanTheVocabularyListsAll() {
    assertThat(Logprobs.of(TENTHS, 0, Integer.MAX_VALUE).top()).hasSize(4);
  }

  @Property(tries = 200)
  void probabilitiesAddUpToOne(
      @ForAll @Size(min = 1, max = 40) List<@FloatRange(min = -30, max = 30) Float> logits) {
    float[] array = new float[logits.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = logits.get(i);
    }

    List<TokenLogprob> all = Logprobs.of(array, 0, array.length).top();

    assertThat(all.stream().mapToDouble(each -> Math.exp(each.logprob())).sum())
        .isCloseTo(1, within(1e-5));
    assertThat(all).allSatisfy(each -> assertThat(each.logprob()).isLessThanOrEqualTo(0));
  }

  @Property(tries = 50)
  void theTopOfALargeVocabularyIsTheReferenceRanking(
      @ForAll long seed, @ForAll @IntRange(max = 20) int count) {
    float[] logits = TokenRankingTest.Shape.NORMAL.logits(10_000, new Random(seed));

    assertThat(Logprobs.of(logits, 0, count).top())
        .extracting(TokenLogprob::token)
        .isEqualTo(ReferenceSampler.ranking(logits).subList(0, count));
  }

  @Test
  void impossibleTokensHaveMinusInfinityAndAreNotListed() {
    float[] logits = {NaN, 0, NEGATIVE_INFINITY, 0};

    assertThat(Logprobs.of(logits, 0, 4).chosen().logprob()).isEqualTo(NEGATIVE_INFINITY);
    assertThat(Logprobs.of(logits, 2, 4).chosen().logprob()).isEqualTo(NEGATIVE_INFINITY);
    assertThat(Logprobs.of(logits, 1, 4).top())
        .containsExactly(
            new TokenLogprob(1, (float) Math.log(0.5)), new TokenLogprob(3, (float) Math.log(0.5)));
    assertThat(Logprobs.of(new float[] {NaN, NaN}, 1, 2))
        .isEqualTo(new Logprobs(new TokenLogprob(1, NEGATIVE_INFINITY), List.of()));
  }

  @Test
  void infinityTakesTheWholeProbability() {
    Logprobs logprobs = Logprobs.of(new float[] {5, POSITIVE_INFINITY}, 1, 2);

    assertThat(logprobs.chosen().logprob()).isZero();
    assertThat(logprobs.top().get(1)).isEqualTo(new TokenLogprob(0, NEGATIVE_INFINITY));
  }

  @Test
  void theLogitsAreLeftAlone() {
    float[] logits = TENTHS.clone();
    Logprobs.of(logits, 0, 2);
    assertThat(logits).isEqualTo(TENTHS);
  }

  @Test
  void argumentsAreChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Logprobs.of(TENTHS, 4, 0))
        .withMessage("chosen must be a token in [0, 4), got 4");
    assertThatIllegalArgumentException().isThrownBy(() -> Logprobs.of(TENTHS, -1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Logprobs.of(TENTHS, 0, -1))
        .withMessage("topCount must be at least 0, got -1");
  }
}
