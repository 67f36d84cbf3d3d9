package io.tmac.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TokenRankingTest {

  @Property
  void aKeyHoldsLogitAndToken(@ForAll float logit, @ForAll @IntRange int token) {
    long key = TokenRanking.key(logit, token);

    assertThat(TokenRanking.token(key)).isEqualTo(token);
    assertThat(TokenRanking.logit(key)).isEqualTo(logit + 0.0f);
  }

  @Property
  void keysAscendWithDescendingLogitThenAscendingToken(
      @ForAll("logits") float a,
      @ForAll("logits") float b,
      @ForAll @IntRange int tokenA,
      @ForAll @IntRange int tokenB) {
    int expected = a > b ? -1 : a < b ? 1 : Integer.compare(tokenA, tokenB);

    assertThat(Long.compare(TokenRanking.key(a, tokenA), TokenRanking.key(b, tokenB)))
        .isEqualTo(expected);
  }

  @Property
  void splitSeparatesBetterFromWorse(@ForAll @Size(min = 2, max = 50) List<Float> logits) {
    TokenRanking ranking = new TokenRanking(logits.size(), logits.size());
    ranking.rank(array(logits));
    long[] before = Arrays.copyOf(ranking.keys, ranking.size);

    int mid = ranking.split(0, ranking.size);

    long[] keys = Arrays.copyOf(ranking.keys, ranking.size);
    assertThat(keys).containsExactlyInAnyOrder(before);
    assertThat(mid).isStrictlyBetween(0, keys.length);
    assertThat(Arrays.stream(keys, 0, mid).max().orElseThrow())
        .isLessThan(Arrays.stream(keys, mid, keys.length).min().orElseThrow());
  }

  @Property(tries = 200)
  void keepsTheBestOfALargeVocabulary(
      @ForAll long seed, @ForAll Shape shape, @ForAll @IntRange(max = 6000) int limit) {
    float[] logits = shape.logits(5000, new Random(seed));

    assertThat(ranked(logits, limit)).isEqualTo(best(logits, limit));
  }

  @Test
  void aLimitOfZeroKeepsNothing() {
    assertThat(ranked(new float[] {1, 2, 3}, 0)).isEmpty();
    assertThat(ranked(new float[3000], 0)).isEmpty();
  }

  @Test
  void logitsOverTheWholeFloatRangeEndInTime() {
    float[] logits = Shape.EXPONENTIAL.logits(150_000, new Random(1));

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThat(ranked(logits, 75_000)).isEqualTo(best(logits, 75_000)));
  }

  /** Orders and distributions that are hard for selection algorithms. */
  enum Shape {
    NORMAL,
    ASCENDING,
    DESCENDING,
    EQUAL,
    FEW_VALUES,
    ADJACENT,
    OUTLIER,
    EXPONENTIAL,
    WITH_NAN;

    float[] logits(int size, Random random) {
      float[] logits = new float[size];
      for (int i = 0; i < size; i++) {
        logits[i] =
            switch (this) {
              case NORMAL -> (float) random.nextGaussian();
              case ASCENDING -> i;
              case DESCENDING -> -i;
              case EQUAL -> 1;
              case FEW_VALUES -> random.nextInt(3);
              case ADJACENT -> Float.intBitsToFloat(0x3F800000 + random.nextInt(3));
              case OUTLIER -> i == size / 2 ? Float.MAX_VALUE : 1e-30f * i;
              case EXPONENTIAL -> Float.intBitsToFloat(random.nextInt() & 0xBF7FFFFF);
              case WITH_NAN -> random.nextBoolean() ? Float.NaN : random.nextFloat();
            };
      }
      return logits;
    }
  }

  @Provide
  Arbitrary<Float> logits() {
    return Arbitraries.oneOf(
        Arbitraries.floats(),
        Arbitraries.of(-1f, -0f, 0f, 1f, Float.MIN_VALUE, Float.POSITIVE_INFINITY));
  }

  private static List<Integer> ranked(float[] logits, int limit) {
    TokenRanking ranking = new TokenRanking(logits.length, limit);
    ranking.rank(logits);
    return Arrays.stream(ranking.keys, 0, ranking.size)
        .sorted()
        .mapToObj(TokenRanking::token)
        .toList();
  }

  private static List<Integer> best(float[] logits, int limit) {
    List<Integer> all = ReferenceSampler.ranking(logits);
    return all.subList(0, Math.min(limit, all.size()));
  }

  private static float[] array(List<Float> list) {
    float[] array = new float[list.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = list.get(i);
    }
    return array;
  }
}
