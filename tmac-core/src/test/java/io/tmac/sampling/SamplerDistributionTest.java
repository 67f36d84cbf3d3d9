package io.tmac.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Long runs follow the exact probabilities: Pearson's chi-square test at 0.1 %, fixed seeds. */
class SamplerDistributionTest {

  private static final float[] LOGITS = {0.5f, 2, -1, 1.25f, 1.25f, 0, -3, 2.5f, -0.5f, 1};
  private static final int DRAWS = 200_000;
  private static final double Z_999 = 3.0902;

  static List<SamplingOptions> options() {
    SamplingOptions plain = SamplingOptions.DEFAULT.withTopP(1);
    return List.of(
        SamplingOptions.DEFAULT,
        plain,
        plain.withTemperature(0.5f),
        plain.withTemperature(2),
        plain.withTopK(4),
        plain.withMinP(0.2f),
        plain.withTopK(6).withTopP(0.8f).withMinP(0.1f).withTemperature(1.5f),
        plain.withLogitBias(Map.of(0, 1f, 7, -2f, 1, -100f)));
  }

  @ParameterizedTest
  @MethodSource("options")
  void followsTheExactProbabilities(SamplingOptions options) {
    List<ReferenceSampler.Candidate> exact = exact(options);

    assertThat(chiSquare(draws(options, 1), exact)).isLessThan(critical(exact.size() - 1));
    assertThat(chiSquare(draws(options, 2), exact)).isLessThan(critical(exact.size() - 1));
  }

  @Test
  void theTestNoticesATemperatureThatIsTwoPercentOff() {
    SamplingOptions plain = SamplingOptions.DEFAULT.withTopP(1);
    List<ReferenceSampler.Candidate> exact = exact(plain);

    assertThat(chiSquare(draws(plain.withTemperature(1.02f), 1), exact))
        .isGreaterThan(critical(exact.size() - 1));
  }

  @Test
  void firstDrawsOfNeighbouringSeedsAreIndependent() {
    SamplingOptions plain = SamplingOptions.DEFAULT.withTopP(1);
    int[] counts = new int[LOGITS.length];
    for (int seed = 0; seed < DRAWS; seed++) {
      counts[new Sampler(plain, seed, LOGITS.length).sample(LOGITS)]++;
    }

    assertThat(chiSquare(counts, exact(plain))).isLessThan(critical(LOGITS.length - 1));
  }

  private static List<ReferenceSampler.Candidate> exact(SamplingOptions options) {
    return new ReferenceSampler(options, List.of(), List.of()).candidates(LOGITS);
  }

  private static int[] draws(SamplingOptions options, long seed) {
    Sampler sampler = new Sampler(options, seed, LOGITS.length);
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.sample(LOGITS)]++;
    }
    return counts;
  }

  private static double chiSquare(int[] counts, List<ReferenceSampler.Candidate> exact) {
    double sum = 0;
    int seen = 0;
    for (ReferenceSampler.Candidate candidate : exact) {
      double expected = candidate.probability() * DRAWS;
      double difference = counts[candidate.token()] - expected;
      sum += difference * difference / expected;
      seen += counts[candidate.token()];
    }
    assertThat(seen).as("draws inside the candidate set").isEqualTo(DRAWS);
    return sum;
  }

  /** The 99.9 % quantile of the chi-square distribution (Wilson and Hilferty, 1931). */
  private static double critical(int degrees) {
    double variance = 2.0 / (9 * degrees);
    return degrees * Math.pow(1 - variance + Z_999 * Math.sqrt(variance), 3);
  }
}
