package io.tmac.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.BatcherOptions;
import io.tmac.ChatMessage;
import io.tmac.GeneratedToken;
import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.TokenStream;
import io.tmac.gateway.engine.Answer.End;
import io.tmac.gateway.engine.Answer.Piece;
import io.tmac.gateway.engine.Job.Prompt;
import io.tmac.gateway.engine.Job.Sampling;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.testing.Shared;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LocalModelTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Sampling GREEDY =
      new Sampling(
          OptionalDouble.of(0),
          OptionalDouble.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalDouble.empty(),
          Map.of());

  private static Model chat;
  private static Model plain;
  private LocalModel served;

  @BeforeAll
  static void load() {
    chat = TinyModel.chat();
    plain = TinyModel.plain();
  }

  @AfterAll
  static void unload() {
    chat.close();
    plain.close();
  }

  @AfterEach
  void stop() {
    if (served != null) {
      served.close();
    }
  }

  private LocalModel serve(Model model) {
    served = LocalModel.of("tiny", model, BatcherOptions.DEFAULT);
    return served;
  }

  private static Job job(Prompt prompt, int maxTokens, String... stops) {
    return new Job(
        prompt,
        OptionalInt.of(maxTokens),
        GREEDY,
        List.of(stops),
        OptionalLong.of(1),
        OptionalInt.empty(),
        LONG);
  }

  private static Prompt text(String text) {
    return new Prompt.Text(text);
  }

  private static Prompt said(ChatMessage... messages) {
    return new Prompt.Chat(List.of(messages), Map.of());
  }

  private record Whole(String text, End end, List<Answer.TokenLogprob> logprobs) {}

  private static Whole whole(Answer answer) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    List<Answer.TokenLogprob> logprobs = new ArrayList<>();
    try (answer) {
      while (answer.end().isEmpty()) {
        Optional<Piece> piece = answer.next(LONG);
        piece.ifPresent(p -> {
          text.append(p.text());
          logprobs.addAll(p.logprobs());
        });
      }
      assertThat(answer.next(Duration.ZERO)).isEmpty();
      return new Whole(text.toString(), answer.end().orElseThrow(), logprobs);
    }
  }

  private static ApiError refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable code) {
    return org.assertj.core.api.Assertions.catchThrowableOfType(ApiError.class, code);
  }

  private static Object code(ApiError error) {
    return ((Map<?, ?>) error.body(true).get("error")).get("code");
  }

  @Test
  void answersAsTheModelDoesItself() throws Exception {
    Whole answer = whole(serve(chat).begin(job(said(ChatMessage.user("once upon a time")), 40)));
    String alone =
        chat.chat(List.of(ChatMessage.user("once upon a time")))
            .maxTokens(40)
            .temperature(0)
            .text();
    assertThat(answer.text()).isEqualTo(alone).isNotEmpty();
    Whole story = whole(served.begin(job(text("once upon"), 40)));
    assertThat(story.text())
        .isEqualTo(chat.generate("once upon").maxTokens(40).temperature(0).text());
  }

  @Test
  void seedsAndSamplingReachTheModel() throws Exception {
    Sampling sampling =
        new Sampling(
            OptionalDouble.of(1.5),
            OptionalDouble.of(0.95),
            OptionalInt.of(50),
            OptionalDouble.of(0.01),
            OptionalDouble.of(1.3),
            OptionalInt.of(7),
            OptionalDouble.of(0.5),
            OptionalDouble.of(0.25),
            Map.of(40, 5f));
    Job job =
        new Job(
            text("a"),
            OptionalInt.of(30),
            sampling,
            List.of(),
            OptionalLong.of(42),
            OptionalInt.empty(),
            LONG);
    String alone =
        chat.generate("a")
            .maxTokens(30)
            .temperature(1.5f)
            .topP(0.95f)
            .topK(50)
            .minP(0.01f)
            .repetitionPenalty(1.3f)
            .presencePenalty(0.5f)
            .frequencyPenalty(0.25f)
            .logitBias(Map.of(40, 5f))
            .seed(42)
            .text();
    Job window = job;
    assertThat(whole(serve(chat).begin(window)).text())
        .isNotEqualTo(whole(served.begin(job(text("a"), 30))).text());
    // The default window is longer than this text and its prompt.
    Sampling all =
        new Sampling(
            sampling.temperature(),
            sampling.topP(),
            sampling.topK(),
            sampling.minP(),
            sampling.repetitionPenalty(),
            OptionalInt.empty(),
            sampling.presencePenalty(),
            sampling.frequencyPenalty(),
            sampling.logitBias());
    Job same =
        new Job(
            text("a"),
            OptionalInt.of(30),
            all,
            List.of(),
            OptionalLong.of(42),
            OptionalInt.empty(),
            LONG);
    assertThat(whole(served.begin(same)).text()).isEqualTo(alone);
  }

  @Test
  void tellsHowItEndedAndWhatItTook() throws Exception {
    serve(chat);
    Whole cut = whole(served.begin(job(text("the sun"), 5)));
    assertThat(cut.end().reason()).isEqualTo("length");
    assertThat(cut.end().usage().generatedTokens()).isEqualTo(5);
    assertThat(cut.end().usage().promptTokens()).isEqualTo(chat.generate("the sun").promptTokens());
    String text = whole(served.begin(job(text("the sun"), 60))).text();
    String stop = text.substring(10, 12);
    Whole stopped = whole(served.begin(job(text("the sun"), 60, stop)));
    assertThat(stopped.end().reason()).isEqualTo("stop");
    assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    Whole full = whole(served.begin(job(text("the sun"), 10_000)));
    assertThat(full.end().reason()).isIn("length", "stop");
    assertThat(full.end().usage().generatedTokens()).isLessThanOrEqualTo(TinyModel.CONTEXT);
  }

  @Test
  void aPromptThatWasReadBeforeIsReported() throws Exception {
    serve(chat);
    String prompt = "once upon a time ".repeat(8);
    Whole first = whole(served.begin(job(text(prompt), 4)));
    Whole second = whole(served.begin(job(text(prompt), 4)));
    assertThat(first.end().usage().cachedTokens()).isZero();
    assertThat(second.end().usage().cachedTokens()).isPositive();
    assertThat(second.text()).isEqualTo(first.text());
  }

  @Test
  void logprobsHaveTextAndBytes() throws Exception {
    Job job =
        new Job(
            text("a"),
            OptionalInt.of(6),
            GREEDY,
            List.of(),
            OptionalLong.of(1),
            OptionalInt.of(3),
            LONG);
    Whole answer = whole(serve(chat).begin(job));
    assertThat(answer.logprobs())
        .hasSize(6)
        .allSatisfy(token -> {
          assertThat(token.top()).hasSize(3);
          assertThat(token.top().getFirst().logprob()).isEqualTo(token.logprob());
          assertThat(token.logprob()).isLessThanOrEqualTo(0);
          assertThat(token.bytes()).isNotEmpty().allMatch(value -> value >= 0 && value < 256);
        });
  }

  @Test
  void aModelWithoutTemplateGetsAPlainOne() throws Exception {
    String prompt = "<|system|>\nbe kind\n<|user|>\nhi\n<|assistant|>\n";
    assertThat(PlainChat.text(List.of(ChatMessage.system("be kind"), ChatMessage.user("hi"))))
        .isEqualTo(prompt);
    Whole answer =
        whole(
            serve(plain)
                .begin(job(said(ChatMessage.system("be kind"), ChatMessage.user("hi")), 30)));
    assertThat(answer.text())
        .isEqualTo(
            plain
                .generate(prompt)
                .maxTokens(30)
                .temperature(0)
                .stop(PlainChat.STOPS.toArray(String[]::new))
                .text());
  }

  @Test
  void promptsThatDoNotFitAreRefusedWithBothNumbers() {
    serve(chat);
    String prompt = "x".repeat(TinyModel.CONTEXT * 3);
    int tokens = chat.generate(prompt).promptTokens();
    ApiError error = refused(() -> served.begin(job(text(prompt), 5)));
    assertThat(error.status()).isEqualTo(400);
    assertThat(code(error)).isEqualTo("context_length_exceeded");
    assertThat(error)
        .hasMessageContaining(" " + TinyModel.CONTEXT + " ")
        .hasMessageContaining(" " + tokens + ".");
  }

  @Test
  void promptsFarTooLongAreNotEvenCutIntoTokens() {
    String prompt = "x".repeat(TinyModel.CONTEXT * 300);
    ApiError error = refused(() -> serve(chat).begin(job(said(ChatMessage.user(prompt)), 5)));
    assertThat(code(error)).isEqualTo("context_length_exceeded");
    assertThat(error).hasMessageContaining("more than 300.");
  }

  @Test
  void whatTheModelCannotDoIsRefused() {
    serve(chat);
    Sampling bias =
        new Sampling(
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Map.of(100_000, 1f));
    Job job =
        new Job(
            text("a"),
            OptionalInt.of(1),
            bias,
            List.of(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            LONG);
    ApiError error = refused(() -> served.begin(job));
    assertThat(error.status()).isEqualTo(400);
    assertThat(error).hasMessageContaining("100000");
  }

  @Test
  void anAnswerThatTakesTooLongIsAnError() {
    serve(chat);
    Job job =
        new Job(
            text("a"),
            OptionalInt.of(200),
            GREEDY,
            List.of(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Duration.ofNanos(1));
    ApiError error = refused(() -> whole(served.begin(job)));
    assertThat(error.status()).isEqualTo(504);
    assertThat(code(error)).isEqualTo("deadline_exceeded");
  }

  @Test
  void whatWasComputedCountsThoughNobodyReadIt() throws InterruptedException {
    serve(chat);
    Answer answer = served.begin(job(text("a"), 5));
    while (served.statistics().orElseThrow().finished() == 0) {
      Thread.sleep(5);
    }
    answer.close();
    assertThat(answer.usage().generatedTokens()).isPositive();
    assertThat(answer.usage().promptTokens()).isPositive();
  }

  @Test
  void aFullQueueIs503() {
    BatcherOptions one = BatcherOptions.DEFAULT.withSlots(1).withQueueCapacity(0);
    served = LocalModel.of("tiny", chat, one);
    try (Answer running = served.begin(job(text("once upon a time"), 200))) {
      assertThat(running.end()).isEmpty();
      ApiError error = null;
      for (int i = 0; i < 50 && error == null; i++) {
        error = refused(() -> served.begin(job(text("b"), 200)));
      }
      assertThat(error).isNotNull();
      assertThat(error.status()).isEqualTo(503);
      assertThat(code(error)).isEqualTo("queue_full");
      assertThat(error.body(false).get("details")).isEqualTo("Retry after 5 seconds");
    }
  }

  @Test
  void closingAnAnswerStopsIt() throws Exception {
    serve(chat);
    Answer answer = served.begin(job(text("a"), 250));
    assertThat(answer.next(LONG)).isPresent();
    answer.close();
    answer.close();
    for (int i = 0; i < 200 && served.statistics().orElseThrow().running() > 0; i++) {
      Thread.sleep(10);
    }
    assertThat(served.statistics().orElseThrow().running()).isZero();
    assertThat(answer.usage().generatedTokens()).isBetween(1, 200);
  }

  @Test
  void isReadyOnceItIsLoaded(@org.junit.jupiter.api.io.TempDir Path folder) throws Exception {
    Path missing = folder.resolve("missing.bin");
    served = LocalModel.load("m", missing, ModelOptions.DEFAULT, BatcherOptions.DEFAULT);
    assertThatThrownBy(served::awaitReady)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing.bin");
    assertThat(served.ready()).isFalse();
    assertThat(served.card().digest()).isEmpty();
    ApiError error = refused(() -> served.begin(job(text("a"), 1)));
    assertThat(error.status()).isEqualTo(503);
    assertThat(error.getMessage()).doesNotContain(folder.toString());
  }

  @Test
  void storiesAreLoadedInTheBackground() throws Exception {
    Path stories = Shared.path("models/stories260K");
    served = LocalModel.load("stories", stories, ModelOptions.DEFAULT, BatcherOptions.DEFAULT);
    served.awaitReady();
    ModelCard card = served.card();
    assertThat(card.parameters()).isEqualTo(260_032);
    assertThat(card.contextLength()).isEqualTo(512);
    assertThat(card.digest()).matches("sha256:[0-9a-f]{64}");
    String text = whole(served.begin(job(text("Once upon a time"), 30))).text();
    try (Model model = Model.load(stories);
        TokenStream alone =
            model.generate("Once upon a time").maxTokens(30).temperature(0).stream()) {
      StringBuilder expected = new StringBuilder();
      for (GeneratedToken token : alone) {
        expected.append(token.text());
      }
      assertThat(text).isEqualTo(expected.toString());
    }
  }

  @Test
  void afterClosingItTakesNoMore() throws Exception {
    serve(chat);
    Answer running = served.begin(job(text("a"), 250));
    served.close();
    assertThat(refused(() -> whole(running)))
        .satisfiesAnyOf(
            error -> assertThat(error).isNull(),
            error -> assertThat(error.status()).isEqualTo(503));
    assertThat(refused(() -> served.begin(job(text("a"), 1))).status()).isEqualTo(503);
  }
}
