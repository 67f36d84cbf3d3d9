package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same tokens give the same bits, whatever computes them and in whatever portions. */
@Tag("kernel")
class DeterminismTest {
  private static final LlamaShape SHAPE = new LlamaShape(64, 172, 2, 4, 2, 70, 160, true);

  @ParameterizedTest
  @EnumSource
  void anyNumberOfThreadsGivesTheSameLogits(Container container) throws IOException {
    int[] tokens = tokens(100);
    for (Activations activations : Activations.values()) {
      float[][] expected = null;
      for (int threads : new int[] {1, 2, 3}) {
        try (Model model = load(container, activations, threads);
            Session session = model.newSession()) {
          float[][] logits = session.logits(tokens);
          if (expected == null) {
            expected = logits;
          }
          assertThat(logits).as("%d threads", threads).isDeepEqualTo(expected);
        }
      }
    }
  }

  /** Groups of three, of two threads and more than there are key and value heads. */
  @ParameterizedTest
  @EnumSource
  void anyTypeOfCacheGivesTheSameLogitsForAnySplit(KvCacheType type) throws IOException {
    LlamaShape shape = new LlamaShape(96, 64, 2, 6, 2, 70, 160, true);
    byte[] bytes = TinyModels.of(Container.Q8V1, shape, 6).bytes();
    int[] tokens = tokens(150);
    float[][] expected = null;
    for (int threads : new int[] {1, 2, 5}) {
      ModelOptions options = ModelOptions.DEFAULT.withKvCache(type).withThreads(threads);
      try (Model model = Model.load(new ByteArrayInputStream(bytes), "tiny", options);
          Session session = model.newSession()) {
        if (expected == null) {
          expected = model.newSession().logits(tokens);
        }
        List<float[]> logits = new ArrayList<>();
        for (int from = 0; from < tokens.length; ) {
          int to = Math.min(tokens.length, from + 1 + (from + threads) % 37);
          logits.addAll(Arrays.asList(session.logits(Arrays.copyOfRange(tokens, from, to))));
          from = to;
        }
        assertThat(logits.toArray(new float[0][])).isDeepEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void anySplitOfThePromptGivesTheSameLogits(Container container) throws IOException {
    int[] tokens = tokens(130);
    for (Activations activations : Activations.values()) {
      try (Model model = load(container, activations, 2)) {
        float[][] expected = model.newSession().logits(tokens);
        for (long seed = 0; seed < 4; seed++) {
          Random random = new Random(seed);
          try (Session session = model.newSession()) {
            List<float[]> logits = new ArrayList<>();
            for (int from = 0; from < tokens.length; ) {
              int to = Math.min(tokens.length, from + 1 + random.nextInt(70));
              logits.addAll(Arrays.asList(session.logits(Arrays.copyOfRange(tokens, from, to))));
              from = to;
            }
            assertThat(logits.toArray(new float[0][])).isDeepEqualTo(expected);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void tokenByTokenGivesTheSameLogitsAsAllAtOnce(Container container) throws IOException {
    int[] tokens = tokens(70);
    for (Activations activations : Activations.values()) {
      try (Model model = load(container, activations, 2);
          Session session = model.newSession()) {
        float[][] expected = model.newSession().logits(tokens);
        for (int position = 0; position < tokens.length; position++) {
          assertThat(session.logits(new int[] {tokens[position]})[0])
              .as("position %d", position)
              .isEqualTo(expected[position]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"V0", "Q4V1", "Q8V1", "TM2"})
  void theSameSeedGivesTheSameTokens(Container container) throws IOException {
    int[] prompt = tokens(40);
    Generation first;
    try (Model model = load(container, Activations.INT8, 1)) {
      first = model.generate(prompt).maxTokens(40).seed(7).result();
      Generation other = model.generate(prompt).maxTokens(40).seed(8).result();
      assertThat(other.tokens()).isNotEqualTo(first.tokens());
    }
    try (Model model = load(container, Activations.INT8, 3)) {
      for (int i = 0; i < 3; i++) {
        Generation again = model.generate(prompt).maxTokens(40).seed(7).result();
        assertThat(again.tokens()).isEqualTo(first.tokens());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"V0", "Q4V1", "TM2"})
  void generationsAtTheSameTimeDoNotDisturbEachOther(Container container) throws Exception {
    int callers = 8;
    try (Model model = load(container, Activations.INT8, 2);
        ExecutorService executor = Executors.newFixedThreadPool(callers)) {
      List<Generation> alone = new ArrayList<>();
      List<Callable<Generation>> calls = new ArrayList<>();
      for (int caller = 0; caller < 2 * callers; caller++) {
        GenerationRequest request =
            model.generate(tokens(3 + 5 * caller)).maxTokens(30).seed(caller).logprobs(2);
        alone.add(request.result());
        calls.add(request::result);
      }
      List<Future<Generation>> together = executor.invokeAll(calls);
      for (int caller = 0; caller < calls.size(); caller++) {
        Generation generation = together.get(caller).get();
        assertThat(generation.tokens()).isEqualTo(alone.get(caller).tokens());
        assertThat(generation.logprobs()).isEqualTo(alone.get(caller).logprobs());
      }
    }
  }

  private static Model load(Container container, Activations activations, int threads)
      throws IOException {
    byte[] bytes = TinyModels.of(container, SHAPE, 5).bytes();
    return Model.load(
        new ByteArrayInputStream(bytes),
        container.name(),
        ModelOptions.DEFAULT.withActivations(activations).withThreads(threads));
  }

  private static int[] tokens(int count) {
    return new Random(count).ints(count, 0, SHAPE.vocabSize()).toArray();
  }
}
