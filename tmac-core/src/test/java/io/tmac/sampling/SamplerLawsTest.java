package io.tmac.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.tmac.TmacException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;

/** What holds for all logits, options and seeds. */
class SamplerLawsTest {

  private static final int VOCAB_SIZE = 12;

  @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
  void agreesWithTheReference(
      @ForAll("wildLogits") float[] logits,
      @ForAll("options") SamplingOptions options,
      @ForAll("tokens") List<Integer> prompt,
      @ForAll("tokens") List<Integer> generated,
      @ForAll long seed) {
    Sampler sampler = new Sampler(options, seed, VOCAB_SIZE);
    prompt.forEach(sampler::acceptPrompt);
    generated.forEach(sampler::accept);
    List<ReferenceSampler.Candidate> expected =
        new ReferenceSampler(options, prompt, generated).candidates(logits);

    if (expected.isEmpty()) {
      assertThatExceptionOfType(TmacException.class).isThrownBy(() -> sampler.sample(logits));
      return;
    }
    int token = sampler.sample(logits);

    assertSameCandidates(sampler, expected);
    assertThat(token).isEqualTo(ReferenceSampler.draw(expected, seed));
  }

  @Property(tries = 200)
  void agreesWithTheReferenceOnALargeVocabulary(
      @ForAll long seed,
      @ForAll TokenRankingTest.Shape shape,
      @ForAll @IntRange(max = 4000) int topK,
      @ForAll @FloatRange(min = 0, max = 1) float topP,
      @ForAll @FloatRange(min = 0.1f, max = 3) float temperature) {
    float[] logits = shape.logits(3000, new Random(seed));
    SamplingOptions options =
        SamplingOptions.DEFAULT.withTopK(topK).withTopP(topP).withTemperature(temperature);
    Sampler sampler = new Sampler(options, seed, logits.length);

    sampler.sample(logits);

    assertSameCandidates(
        sampler, new ReferenceSampler(options, List.of(), List.of()).candidates(logits));
  }

  @Property
  void topKOfOneIsGreedy(@ForAll("logits") float[] logits, @ForAll long seed) {
    assertThat(sample(SamplingOptions.DEFAULT.withTopK(1), seed, logits))
        .isEqualTo(sample(SamplingOptions.GREEDY, seed, logits));
  }

  @Property
  void aTinyTopPIsGreedy(
      @ForAll("logits") float[] logits,
      @ForAll @FloatRange(min = 0, max = 0.01f) float topP,
      @ForAll long seed) {
    assertThat(sample(SamplingOptions.DEFAULT.withTopP(topP), seed, logits))
        .isEqualTo(sample(SamplingOptions.GREEDY, seed, logits));
  }

  @Property
  void theTokenIsInsideTheTopK(
      @ForAll("logits") float[] logits,
      @ForAll @IntRange(min = 1, max = VOCAB_SIZE) int topK,
      @ForAll long seed) {
    int token = sample(SamplingOptions.DEFAULT.withTopP(1).withTopK(topK), seed, logits);

    assertThat(ReferenceSampler.ranking(logits).subList(0, topK)).contains(token);
  }

  @Property
  void withoutFiltersEveryTokenIsACandidate(@ForAll("logits") float[] logits) {
    Sampler sampler = new Sampler(SamplingOptions.DEFAULT.withTopP(1), 0, VOCAB_SIZE);

    sampler.sample(logits);

    assertThat(sampler.candidates().size()).isEqualTo(VOCAB_SIZE);
  }

  @Property
  void theNucleusIsTheShortestThatExceedsTopP(
      @ForAll("logits") float[] logits, @ForAll @FloatRange(min = 0, max = 0.99f) float topP) {
    List<ReferenceSampler.Candidate> all =
        new ReferenceSampler(SamplingOptions.DEFAULT.withTopP(1), List.of(), List.of())
            .candidates(logits);
    Sampler sampler = new Sampler(SamplingOptions.DEFAULT.withTopP(topP), 0, VOCAB_SIZE);

    sampler.sample(logits);

    int size = sampler.candidates().size();
    assertThat(probabilityOfFirst(size, all)).isGreaterThan(topP - 1e-12);
    assertThat(probabilityOfFirst(size - 1, all)).isLessThan(topP + 1e-12);
  }

  @Property
  void addingAConstantToAllLogitsChangesNothing(
      @ForAll("logits") float[] logits,
      @ForAll @IntRange(min = -4096, max = 4096) int eighths,
      @ForAll @FloatRange(min = 0, max = 2) float temperature,
      @ForAll long seed) {
    float[] shifted = logits.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += eighths / 8f; // exact: all values are multiples of 1/8
    }
    SamplingOptions options = SamplingOptions.DEFAULT.withTemperature(temperature);

    assertThat(sample(options, seed, shifted)).isEqualTo(sample(options, seed, logits));
  }

  @Property(tries = 200)
  void theSameSeedGivesTheSameSequence(
      @ForAll("logits") float[] logits,
      @ForAll("options") SamplingOptions options,
      @ForAll long seed) {
    SamplingOptions unbiased = options.withLogitBias(Map.of());

    assertThat(sequence(unbiased, seed, logits)).isEqualTo(sequence(unbiased, seed, logits));
  }

  @Property(tries = 300)
  void theLogitsAreLeftAlone(
      @ForAll("logits") float[] logits, @ForAll("options") SamplingOptions options) {
    float[] before = logits.clone();
    Sampler sampler = new Sampler(options.withLogitBias(Map.of(0, 1f)), 0, VOCAB_SIZE);
    sampler.accept(1);

    sampler.sample(logits);

    assertThat(logits).isEqualTo(before);
  }

  private static void assertSameCandidates(
      Sampler sampler, List<ReferenceSampler.Candidate> expected) {
    Candidates candidates = sampler.candidates();
    if (candidates == null) {
      return; // greedy: the token itself is compared
    }
    Map<Integer, Double> actual = new HashMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      actual.put(candidates.token(i), candidates.probability(i));
    }
    assertThat(actual).hasSameSizeAs(expected);
    for (ReferenceSampler.Candidate candidate : expected) {
      assertThat(actual).containsKey(candidate.token());
      assertThat(actual.get(candidate.token())).isCloseTo(candidate.probability(), within(1e-12));
    }
  }

  private static double probabilityOfFirst(int count, List<ReferenceSampler.Candidate> ordered) {
    return ordered.stream().limit(count).mapToDouble(c -> c.probability()).sum();
  }

  private static int sample(SamplingOptions options, long seed, float[] logits) {
    return new Sampler(options, seed, logits.length).sample(logits);
  }

  private static List<Integer> sequence(SamplingOptions options, long seed, float[] logits) {
    Sampler sampler = new Sampler(options, seed, logits.length);
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      int token = sampler.sample(logits);
      sampler.accept(token);
      tokens.add(token);
    }
    return tokens;
  }

  /** Finite logits, multiples of 1/8, with many ties. */
  @Provide
  Arbitrary<float[]> logits() {
    return Arbitraries.integers()
        .between(-128, 128)
        .map(eighths -> eighths / 8f)
        .array(float[].class)
        .ofSize(VOCAB_SIZE);
  }

  /** Anything a broken model may produce. */
  @Provide
  Arbitrary<float[]> wildLogits() {
    Arbitrary<Float> odd =
        Arbitraries.of(
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            -0f,
            0f);
    Arbitrary<Float> usual = floats(-12, 12);
    Arbitrary<Float> tied = Arbitraries.of(-1f, 1f, 2f);
    return Arbitraries.of(0, 1, 10)
        .flatMap(oddity ->
            Arbitraries.frequencyOf(Tuple.of(4, usual), Tuple.of(3, tied), Tuple.of(oddity, odd))
                .array(float[].class)
                .ofSize(VOCAB_SIZE));
  }

  @Provide
  Arbitrary<List<Integer>> tokens() {
    return Arbitraries.integers().between(0, VOCAB_SIZE - 1).list().ofMaxSize(20);
  }

  @Provide
  Arbitrary<SamplingOptions> options() {
    Arbitrary<SamplingOptions> filters =
        Combinators.combine(
                mixed(floats(0, 3), List.of(0f, 1f)),
                mixed(Arbitraries.integers().between(0, VOCAB_SIZE + 2), List.of(0)),
                mixed(floats(0, 1), List.of(1f, 0.5f, 0f)),
                mixed(floats(0, 1), List.of(0f, 1f)))
            .as((temperature, topK, topP, minP) ->
                SamplingOptions.DEFAULT
                    .withTemperature(temperature)
                    .withTopK(topK)
                    .withTopP(topP)
                    .withMinP(minP));
    Arbitrary<Map<Integer, Float>> bias =
        Arbitraries.maps(
                Arbitraries.integers().between(0, VOCAB_SIZE - 1),
                Arbitraries.frequencyOf(
                    Tuple.of(8, floats(-20, 20)),
                    Tuple.of(2, Arbitraries.of(-100f, Float.NEGATIVE_INFINITY)),
                    Tuple.of(1, Arbitraries.of(100f, Float.POSITIVE_INFINITY))))
            .ofMaxSize(4);
    return Combinators.combine(
            filters,
            mixed(floats(0.5f, 2), List.of(1f)),
            mixed(Arbitraries.integers().between(-1, 30), List.of(0)),
            mixed(floats(-2, 2), List.of(0f)),
            mixed(floats(-2, 2), List.of(0f)),
            bias)
        .as((options, repetition, window, presence, frequency, logitBias) ->
            options
                .withRepetitionPenalty(repetition)
                .withRepetitionWindow(window)
                .withPresencePenalty(presence)
                .withFrequencyPenalty(frequency)
                .withLogitBias(logitBias));
  }

  private static Arbitrary<Float> floats(float min, float max) {
    return Arbitraries.floats().between(min, max).ofScale(6);
  }

  private static <T> Arbitrary<T> mixed(Arbitrary<T> values, List<T> special) {
    return Arbitraries.oneOf(values, Arbitraries.of(special));
  }
}
