package io.tmac;

import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels.Container;
import io.tmac.tokenizer.EncodeOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** A batcher's results are those of generations that run alone, bit for bit. */
@Tag("kernel")
@Timeout(240)
class BatcherResultsTest {
  private static final LlamaShape SHAPE = new LlamaShape(64, 96, 2, 4, 2, 57, 300, true);

  /** Everything but the times. */
  private static void assertSame(Generation together, Generation alone) {
    assertThat(together.tokens()).isEqualTo(alone.tokens());
    assertThat(together.logprobs()).isEqualTo(alone.logprobs());
    assertThat(together.text()).isEqualTo(alone.text());
    assertThat(together.finishReason()).isEqualTo(alone.finishReason());
    assertThat(together.promptTokens()).isEqualTo(alone.promptTokens());
    assertThat(together.droppedTokens()).isEqualTo(alone.droppedTokens());
  }

  private static Model load(Container container, Activations activations) {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withTokenizer(TestModels.TOKENIZER)
            .withThreads(2)
            .withActivations(activations);
    return TestModels.load(container, SHAPE, options);
  }

  /** Prompts of which some begin alike, and all options. */
  private static GenerationRequest random(Model model, Random random) {
    StringBuilder prompt = new StringBuilder("same start of some of the texts".replace(" ", ""));
    if (random.nextInt(3) > 0) {
      prompt.setLength(random.nextInt(prompt.length()));
    }
    for (int i = random.nextInt(random.nextInt(4) == 0 ? 150 : 20); i > 0; i--) {
      prompt.append((char) ('a' + random.nextInt(26)));
    }
    GenerationRequest request =
        model
            .generate(prompt.toString())
            .seed(random.nextInt())
            .maxTokens(random.nextInt(12) == 0 ? 0 : random.nextInt(60))
            .logprobs(random.nextInt(3));
    switch (random.nextInt(6)) {
      case 0 -> request.temperature(0);
      case 1 -> request.stop("aa", "b", "zx").repetitionPenalty(1.3f);
      case 2 -> request.topK(5).presencePenalty(0.5f);
      case 3 -> request.minP(0.1f).frequencyPenalty(0.3f);
      case 4 -> request.maxTokens(1000).truncatePrompt();
      default -> request.logitBias(Map.of(letter('e'), 3f));
    }
    return request;
  }

  @ParameterizedTest
  @EnumSource
  void requestsThatComeAndGoDoNotDisturbEachOther(Container container) throws Exception {
    for (Activations activations : List.of(Activations.INT8, Activations.F32)) {
      try (Model model = load(container, activations)) {
        for (long seed = 0; seed < 3; seed++) {
          Random random = new Random(seed);
          BatcherOptions options =
              BatcherOptions.DEFAULT
                  .withSlots(1 + random.nextInt(16))
                  .withQueueCapacity(1000)
                  .withPrefillChunk(1 + random.nextInt(40))
                  .withCacheTokens(seed == 0 ? 0 : 300 + random.nextInt(900))
                  .withPrefixTokens(seed == 1 ? 0 : 100 + random.nextInt(900));
          List<GenerationRequest> requests = new ArrayList<>();
          List<BatchedGeneration> generations = new ArrayList<>();
          try (Batcher batcher = Batcher.of(model, options)) {
            for (int i = 0; i < 30; i++) {
              GenerationRequest request = random(model, random);
              requests.add(request);
              generations.add(batcher.submit(request));
              if (random.nextInt(5) == 0) {
                batcher.submit(random(model, random)).cancel();
              }
              Thread.sleep(random.nextInt(4));
            }
            for (int i = 0; i < requests.size(); i++) {
              assertSame(generations.get(i).result(), requests.get(i).result());
            }
            assertThat(batcher.drain(Duration.ofSeconds(60))).isTrue();
            BatcherStatistics statistics = batcher.statistics();
            assertThat(statistics.running() + statistics.queued()).isZero();
            if (options.cacheTokens() > 0) {
              long whole = (options.cacheTokens() + 63) / 64 * 64;
              assertThat(statistics.cacheTokens()).isLessThanOrEqualTo(whole);
            }
          }
        }
      }
    }
  }

  /** As a server does it: a virtual thread for each client. */
  @ParameterizedTest
  @CsvSource({"f32, 16, 16", "tm2, 16, 16", "q4v1, 64, 24"})
  void manyClientsGetTheStoriesTheyWouldGetAlone(String format, int clients, int slots)
      throws Exception {
    JsonNode prompts = Goldens.json("stories260K/reference.json").get("prompts");
    try (Model model = Goldens.stories(format, ModelOptions.DEFAULT);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT.withSlots(slots))) {
      List<GenerationRequest> requests = new ArrayList<>();
      List<Generation> alone = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        String prompt = prompts.get(i % prompts.size()).get("text").asString();
        requests.add(
            model
                .generate(prompt + " a".repeat(i / prompts.size()))
                .temperature(0)
                .maxTokens(60 + i)
                .logprobs(2));
        alone.add(requests.getLast().result());
      }
      List<Future<Generation>> together = new ArrayList<>();
      for (GenerationRequest request : requests) {
        together.add(
            threads.submit(() -> {
              try (BatchedStream stream = batcher.stream(request)) {
                StringBuilder text = new StringBuilder();
                stream.forEach(token -> text.append(token.text()));
                assertThat(text).hasToString(stream.result().text());
                return stream.result();
              }
            }));
      }
      for (int i = 0; i < clients; i++) {
        assertSame(together.get(i).get(), alone.get(i));
      }
      assertThat(batcher.statistics().passes())
          .isLessThan(batcher.statistics().generatedTokens() / 2);
    }
  }

  @Test
  void aPromptThatIsThereIsNotComputedAgain() {
    try (Model model = load(Container.Q4V1, Activations.INT8);
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT)) {
      String system = "a".repeat(100);
      Generation first = batcher.submit(model.generate(system + "one").maxTokens(9)).result();
      assertThat(first.cachedTokens()).isZero();
      // A copy: most of the first one's tokens remain of use for others.
      GenerationRequest request = model.generate(system + "two").maxTokens(9).seed(1).logprobs(2);
      Generation second = batcher.submit(request).result();
      assertThat(second.cachedTokens()).isEqualTo(101);
      assertSame(second, request.result());
      // Its last token is always computed, for its logits.
      Generation again = batcher.submit(request).result();
      assertThat(again.cachedTokens()).isEqualTo(103);
      assertSame(again, request.result());
      // A conversation goes on.
      int[] turn = new int[again.promptTokens() + again.generatedTokens() + 3];
      int[] prompt = TestModels.TOKENIZER.encode(system + "two", EncodeOptions.PROMPT);
      System.arraycopy(prompt, 0, turn, 0, prompt.length);
      for (int i = 0; i < turn.length - prompt.length; i++) {
        boolean said = i < again.generatedTokens();
        turn[prompt.length + i] = said ? again.tokens().get(i) : letter('z');
      }
      request = model.generate(turn).maxTokens(5).seed(2).logprobs(2);
      Generation next = batcher.submit(request).result();
      assertThat(next.cachedTokens()).isGreaterThanOrEqualTo(prompt.length);
      assertSame(next, request.result());
      assertThat(batcher.statistics().cachedTokens()).isEqualTo(101 + 103 + next.cachedTokens());
    }
  }

  /** The second to tenth wait for the first one's prompt and copy it. */
  @Test
  void promptsThatComeTogetherAreComputedOnce() {
    try (Model model = load(Container.TM2, Activations.INT8);
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT.withSlots(10))) {
      String system = "b".repeat(200);
      List<GenerationRequest> requests = new ArrayList<>();
      List<BatchedGeneration> generations = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        requests.add(
            model.generate(system + (char) ('a' + i)).maxTokens(10).temperature(0).logprobs(1));
      }
      requests.forEach(request -> generations.add(batcher.submit(request)));
      int cached = 0;
      for (int i = 0; i < 10; i++) {
        Generation result = generations.get(i).result();
        assertSame(result, requests.get(i).result());
        cached += result.cachedTokens();
      }
      assertThat(cached).isEqualTo(9 * 201);
    }
  }

  @Test
  void withoutAPrefixCacheNothingIsKept() {
    try (Model model = load(Container.Q4V1, Activations.INT8);
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT.withPrefixTokens(0))) {
      for (int i = 0; i < 2; i++) {
        Generation result = batcher.submit(model.generate("aaaaaaaaaaaaaaaaaa")).result();
        assertThat(result.cachedTokens()).isZero();
      }
      assertThat(batcher.statistics().cachedTokens()).isZero();
    }
  }

  @Test
  void memoryIsBounded() {
    try (Model model = load(Container.Q4V1, Activations.INT8);
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT.withCacheTokens(128))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(model.generate("once").maxTokens(200)))
          .withMessageContainingAll("204", "128", "lower maxTokens");
      List<BatchedGeneration> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        GenerationRequest request = model.generate("once".repeat(i)).maxTokens(128 - 4 * i);
        all.add(
            batcher.submit(
                request,
                token -> {
                  assertThat(batcher.statistics().cacheTokens()).isLessThanOrEqualTo(128);
                  return true;
                }));
      }
      all.forEach(each -> assertThat(each.result().finishReason()).isNotNull());
    }
  }

  @Test
  void chatsAreAnsweredAsAlone() {
    try (Model model = ChatModels.load(ChatModels.TEMPLATE);
        Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT)) {
      List<ChatMessage> messages = new ArrayList<>(List.of(ChatMessage.user("Hello there")));
      for (int turn = 0; turn < 3; turn++) {
        GenerationRequest request = model.chat(messages).seed(turn).maxTokens(12);
        Generation answer = batcher.submit(request).result();
        assertSame(answer, request.result());
        assertThat(answer.cachedTokens() > 0).isEqualTo(turn > 0);
        messages.add(ChatMessage.assistant("Yes."));
        messages.add(ChatMessage.user("And then?"));
      }
    }
  }

  /** A running generation gets a token in every pass, however long the prompts of others are. */
  @Test
  void promptsDoNotHoldUpWhatRuns() {
    BatcherOptions options = BatcherOptions.DEFAULT.withSlots(4).withPrefillChunk(8);
    try (Model model = load(Container.Q4V1, Activations.INT8);
        Batcher batcher = Batcher.of(model, options)) {
      GenerationRequest running =
          model.generate("a").maxTokens(100).logitBias(Map.of(letter('a'), 100f));
      List<Long> passes = new ArrayList<>();
      List<BatchedGeneration> others = new ArrayList<>();
      BatchedGeneration first =
          batcher.submit(
              running,
              token -> {
                if (passes.isEmpty()) {
                  for (int i = 0; i < 3; i++) {
                    String prompt = ("" + (char) ('x' + i)).repeat(200);
                    others.add(batcher.submit(model.generate(prompt).maxTokens(1)));
                  }
                }
                passes.add(batcher.statistics().passes());
                return true;
              });
      first.result();
      for (int i = 1; i < passes.size(); i++) {
        assertThat(passes.get(i)).isEqualTo(passes.get(i - 1) + 1);
      }
      assertThat(passes).hasSize(100);
      others.forEach(each -> assertThat(each.result().cachedTokens()).isZero());
      // 600 tokens of prompts took at least 75 passes.
      assertThat(batcher.statistics().passes()).isGreaterThan(75);
    }
  }
}
