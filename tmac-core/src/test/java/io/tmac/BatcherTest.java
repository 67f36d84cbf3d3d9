package io.tmac;

import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tmac.model.Pass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a batcher promises besides its results, which {@link BatcherResultsTest} is about. */
@Timeout(60)
class BatcherTest {
  private static final Model MODEL = TestModels.letters();
  private static final Map<Integer, Float> ONLY_A = Map.of(letter('a'), 100f);
  private static final BatcherOptions ONE_SLOT = BatcherOptions.DEFAULT.withSlots(1);

  @AfterAll
  static void close() {
    MODEL.close();
  }

  /** A listener that holds up the batcher until it is told to go on. */
  private static final class Gate implements TokenListener {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public boolean onToken(GeneratedToken token) {
      reached.countDown();
      await(open);
      return true;
    }

    void awaitReached() {
      await(reached);
    }

    void open() {
      open.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static GenerationRequest letters() {
    return MODEL.generate("once").logitBias(ONLY_A);
  }

  @Test
  void aStreamHasTheTokensOfTheResult() {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT);
        BatchedStream stream =
            batcher.stream(MODEL.generate("once").seed(2).maxTokens(30).logprobs(1))) {
      Generation alone = MODEL.generate("once").seed(2).maxTokens(30).logprobs(1).result();
      StringBuilder text = new StringBuilder();
      List<Integer> ids = new ArrayList<>();
      for (GeneratedToken token : stream) {
        text.append(token.text());
        ids.add(token.id());
        assertThat(token.logprobs()).isPresent();
      }
      assertThat(stream.hasNext()).isFalse();
      assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(stream::next);
      assertThat(text).hasToString(alone.text());
      assertThat(ids.subList(0, alone.tokens().size())).isEqualTo(alone.tokens());
      assertThat(stream.result().logprobs()).isEqualTo(alone.logprobs());
    }
  }

  @Test
  void aStreamCanBeAwaitedForATime() {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      batcher.submit(letters().maxTokens(1), gate);
      try (BatchedStream stream = batcher.stream(letters().maxTokens(1))) {
        assertThat(stream.await(Duration.ofMillis(5))).isFalse();
        gate.open();
        assertThat(stream.await(Duration.ofSeconds(30))).isTrue();
        assertThat(stream.next().text()).isEqualTo("a");
        assertThat(stream.await(Duration.ofSeconds(30))).isTrue();
        assertThat(stream.hasNext()).isFalse();
      }
    }
  }

  @Test
  void cancellingEndsAGenerationWithinOneToken() {
    Gate gate = new Gate();
    List<GeneratedToken> seen = new ArrayList<>();
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      BatchedGeneration generation =
          batcher.submit(
              letters().maxTokens(100),
              token -> {
                seen.add(token);
                return gate.onToken(token);
              });
      gate.awaitReached();
      generation.cancel();
      generation.cancel();
      gate.open();
      Generation result = generation.result();
      assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(result.text()).isEqualTo("a");
      assertThat(seen).hasSize(1);
    }
  }

  @Test
  void cancellingTheFutureOrClosingTheStreamCancels() throws Exception {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      BatchedGeneration generation = batcher.submit(letters().maxTokens(100));
      generation.future().cancel(true);
      assertThatExceptionOfType(CancellationException.class).isThrownBy(generation::result);
      BatchedStream stream = batcher.stream(letters().maxTokens(100));
      stream.next();
      stream.close();
      assertThat(stream.result().finishReason())
          .isIn(FinishReason.CANCELLED, FinishReason.MAX_TOKENS);
      assertThat(batcher.drain(Duration.ofSeconds(30))).isTrue();
    }
  }

  @Test
  void aWaitingRequestCanBeCancelled() {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      BatchedGeneration first = batcher.submit(letters().maxTokens(3), gate);
      gate.awaitReached();
      BatchedGeneration waiting = batcher.submit(letters());
      waiting.cancel();
      gate.open();
      Generation result = waiting.result();
      assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(result.tokens()).isEmpty();
      assertThat(result.queueTime()).isPositive();
      assertThat(result.promptTime()).isZero();
      assertThat(first.result().finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    }
  }

  @Test
  void aDeadlineEndsRunningAndWaitingRequests() {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      Duration soon = Duration.ofMillis(500);
      BatchedGeneration running = batcher.submit(letters().deadline(soon), gate);
      BatchedGeneration waiting = batcher.submit(letters().deadline(soon));
      gate.awaitReached();
      sleep(soon.plusMillis(50));
      gate.open();
      assertThat(running.result().finishReason()).isEqualTo(FinishReason.DEADLINE);
      assertThat(running.result().text()).isEqualTo("a");
      assertThat(waiting.result().finishReason()).isEqualTo(FinishReason.DEADLINE);
      assertThat(waiting.result().tokens()).isEmpty();
      GenerationRequest patient =
          letters().maxTokens(2).deadline(Duration.ofSeconds(Long.MAX_VALUE));
      assertThat(batcher.submit(patient).result().text()).isEqualTo("aa");
    }
  }

  @Test
  void aDeadlineEndsAStreamOfItsOwn() {
    try (TokenStream stream = letters().deadline(Duration.ofMillis(500)).stream()) {
      stream.next();
      sleep(Duration.ofMillis(550));
      assertThat(stream.hasNext()).isFalse();
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.DEADLINE);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> letters().deadline(Duration.ZERO))
        .withMessageContaining("PT0S");
  }

  @Test
  void aFullQueueRefuses() {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT.withQueueCapacity(2))) {
      BatchedGeneration running = batcher.submit(letters().maxTokens(1), gate);
      gate.awaitReached();
      List<BatchedGeneration> waiting = new ArrayList<>();
      waiting.add(batcher.submit(letters().maxTokens(1)));
      waiting.add(batcher.submit(letters().maxTokens(1)));
      assertThatExceptionOfType(QueueFullException.class)
          .isThrownBy(() -> batcher.submit(letters()))
          .withMessageContaining("2 requests are waiting")
          .satisfies(e -> assertThat(e.capacity()).isEqualTo(2));
      BatcherStatistics statistics = batcher.statistics();
      assertThat(statistics.queued()).isEqualTo(2);
      assertThat(statistics.rejected()).isEqualTo(1);
      gate.open();
      assertThat(running.result().text()).isEqualTo("a");
      waiting.forEach(each -> assertThat(each.result().text()).isEqualTo("a"));
    }
  }

  @Test
  void withoutAQueueFreeSlotsAreStillTaken() {
    try (Batcher batcher =
        Batcher.of(MODEL, BatcherOptions.DEFAULT.withSlots(2).withQueueCapacity(0))) {
      BatchedGeneration a = batcher.submit(letters().maxTokens(2));
      BatchedGeneration b = batcher.submit(letters().maxTokens(2));
      assertThat(a.result().text() + b.result().text()).isEqualTo("aaaa");
    }
  }

  @Test
  void requestsBeginInTheOrderInWhichTheyCome() {
    List<Integer> order = new ArrayList<>();
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      batcher.submit(letters().maxTokens(1), gate);
      List<BatchedGeneration> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int number = i;
        all.add(
            batcher.submit(
                letters().maxTokens(1),
                token -> {
                  order.add(number);
                  return true;
                }));
      }
      gate.open();
      all.forEach(BatchedGeneration::result);
      assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }
  }

  @Test
  void anInterruptThatAListenerLeavesBehindHarmsNobody() throws InterruptedException {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      BatchedGeneration first =
          batcher.submit(
              letters().maxTokens(3),
              token -> {
                Thread.currentThread().interrupt();
                return true;
              });
      assertThat(first.result().text()).isEqualTo("aaa");
      assertThat(batcher.drain(Duration.ofSeconds(10))).isTrue();
    }
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      batcher.submit(
          letters().maxTokens(1),
          token -> {
            Thread.currentThread().interrupt();
            return true;
          });
      Thread.sleep(100); // It is idle now, and would notice.
      assertThat(batcher.submit(letters().maxTokens(2)).result().text()).isEqualTo("aa");
    }
  }

  @Test
  void whoeverCompletesTheFutureEndsTheGeneration() throws InterruptedException {
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      Gate gate = new Gate();
      BatchedGeneration generation = batcher.submit(letters().maxTokens(50), gate);
      generation.future().completeExceptionally(new TimeoutException());
      gate.open();
      assertThat(batcher.drain(Duration.ofSeconds(10))).isTrue();
      assertThat(batcher.statistics().generatedTokens()).isLessThan(10);
    }
  }

  @Test
  void aFailingListenerEndsItsOwnGenerationOnly() {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      Gate gate = new Gate(); // All begin together.
      BatchedGeneration before = batcher.submit(letters().maxTokens(20), gate);
      ArithmeticException failure = new ArithmeticException("enough");
      BatchedGeneration failing =
          batcher.submit(
              letters().maxTokens(20),
              token -> {
                throw failure;
              });
      AssertionError error = new AssertionError("an error");
      BatchedGeneration erring =
          batcher.submit(
              letters().maxTokens(20),
              token -> {
                throw error;
              });
      BatchedGeneration after = batcher.submit(letters().maxTokens(20));
      gate.open();
      assertThatExceptionOfType(ArithmeticException.class)
          .isThrownBy(failing::result)
          .isSameAs(failure);
      assertThatExceptionOfType(AssertionError.class).isThrownBy(erring::result).isSameAs(error);
      assertThat(before.result().text()).isEqualTo("a".repeat(20));
      assertThat(after.result().text()).isEqualTo("a".repeat(20));
      assertThat(batcher.statistics().failed()).isEqualTo(2);
      assertThat(batcher.submit(letters().maxTokens(2)).result().text()).isEqualTo("aa");
    }
  }

  /** Nothing can be chosen: that request fails, in the thread pool that chooses. */
  @Test
  void aFailingChoiceEndsItsOwnGenerationOnly() {
    Map<Integer, Float> none = new HashMap<>();
    for (int token = 0; token < MODEL.info().config().vocabSize(); token++) {
      none.put(token, -100f);
    }
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      BatchedGeneration good = batcher.submit(letters().maxTokens(20));
      BatchedGeneration bad = batcher.submit(MODEL.generate("once").logitBias(none));
      assertThatExceptionOfType(TmacException.class)
          .isThrownBy(bad::result)
          .withMessageContaining("no token can be chosen");
      assertThat(good.result().text()).isEqualTo("a".repeat(20));
    }
  }

  @Test
  void aFailingPassFailsThoseInItAndTheBatcherGoesOn() {
    for (Throwable failure :
        List.of(new OutOfMemoryError("no heap"), new IllegalStateException("broken"))) {
      AtomicReference<Throwable> next = new AtomicReference<>();
      Function<Pass, float[]> forward =
          pass -> {
            switch (next.getAndSet(null)) {
              case Error e -> throw e;
              case RuntimeException e -> throw e;
              case null, default -> {
                return MODEL.run(pass);
              }
            }
          };
      try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT.withSlots(2), forward)) {
        Gate gate = new Gate();
        List<BatchedGeneration> both = new ArrayList<>();
        both.add(batcher.submit(letters().maxTokens(50), gate));
        both.add(batcher.submit(letters().maxTokens(50)));
        BatchedGeneration waiting = batcher.submit(letters().maxTokens(4));
        gate.awaitReached();
        next.set(failure);
        gate.open();
        for (BatchedGeneration each : both) {
          assertThatExceptionOfType(TmacException.class)
              .isThrownBy(each::result)
              .withMessageContaining("the computation failed")
              .withCause(failure);
        }
        assertThat(waiting.result().text()).isEqualTo("aaaa");
        assertThat(batcher.statistics().failed()).isEqualTo(2);
        assertThat(batcher.statistics().running()).isZero();
      }
    }
  }

  @Test
  void aListenerMayEndItsGeneration() {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
      Generation result = batcher.submit(letters(), token -> false).result();
      assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(result.text()).isEqualTo("a");
    }
  }

  @Test
  void closingEndsWhatRunsAndWaits() {
    Gate gate = new Gate();
    Batcher batcher = Batcher.of(MODEL, ONE_SLOT);
    BatchedGeneration running = batcher.submit(letters().maxTokens(100), gate);
    BatchedStream waiting = batcher.stream(letters());
    gate.awaitReached();
    Thread.startVirtualThread(batcher::close);
    while (true) {
      try {
        batcher.submit(letters()); // Not yet closed.
      } catch (QueueFullException e) {
        Thread.onSpinWait();
      } catch (IllegalStateException e) {
        assertThat(e).hasMessage("the batcher is closed");
        break;
      }
    }
    gate.open();
    assertThat(running.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(running.result().text()).isEqualTo("a");
    assertThat(waiting.hasNext()).isFalse();
    assertThat(waiting.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    batcher.close();
    assertThat(batcher.statistics().running()).isZero();
    assertThat(batcher.statistics().cacheBytes()).isZero();
  }

  @Test
  void aListenerMayCloseTheBatcher() {
    AtomicReference<Batcher> batcher = new AtomicReference<>(Batcher.of(MODEL, ONE_SLOT));
    BatchedGeneration generation =
        batcher
            .get()
            .submit(
                letters(),
                token -> {
                  batcher.get().close();
                  return true;
                });
    assertThat(generation.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    batcher.get().close();
  }

  @Test
  void drainingWaitsAndTakesNoMore() throws InterruptedException {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      BatchedGeneration running = batcher.submit(letters().maxTokens(5), gate);
      BatchedGeneration waiting = batcher.submit(letters().maxTokens(5));
      gate.awaitReached();
      assertThat(batcher.drain(Duration.ofMillis(5))).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(() -> batcher.submit(letters()))
          .withMessageContaining("drains");
      gate.open();
      assertThat(batcher.drain(Duration.ofSeconds(30))).isTrue();
      assertThat(running.result().text()).isEqualTo("aaaaa");
      assertThat(waiting.result().text()).isEqualTo("aaaaa");
      assertThat(batcher.drain(Duration.ZERO)).isTrue();
    }
  }

  @Test
  void theThreadEndsWithTheBatcher() {
    long before = threads();
    for (int i = 0; i < 5; i++) {
      try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT)) {
        batcher.submit(letters().maxTokens(3)).result();
        assertThat(threads()).isEqualTo(before + 1);
      }
    }
    assertThat(threads()).isEqualTo(before);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tmac-batch"))
        .count();
  }

  @Test
  void closingTheModelFailsWhatRunsAndCloses() {
    Model model = TestModels.letters();
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(model, ONE_SLOT)) {
      BatchedGeneration running = batcher.submit(model.generate("once").logitBias(ONLY_A), gate);
      BatchedGeneration waiting = batcher.submit(model.generate("once").logitBias(ONLY_A));
      gate.awaitReached();
      model.close();
      gate.open();
      for (BatchedGeneration each : List.of(running, waiting)) {
        assertThatIllegalStateException()
            .isThrownBy(each::result)
            .withMessageContaining("model is closed");
      }
      assertThatIllegalStateException()
          .isThrownBy(() -> batcher.submit(model.generate("once")))
          .withMessage("the batcher is closed")
          .havingCause()
          .withMessageContaining("model is closed");
    }
    assertThatIllegalStateException().isThrownBy(() -> Batcher.of(model, ONE_SLOT));
  }

  @Test
  void badRequestsAreRefusedAtOnce() {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT);
        Model other = TestModels.letters();
        Session session = MODEL.newSession()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(other.generate("once")))
          .withMessageContaining("another model");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(session.generate("once")))
          .withMessageContaining("session");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(MODEL.generate(new int[0])))
          .withMessageContaining("no tokens");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(MODEL.generate(new int[] {57})))
          .withMessageContainingAll("0 to 56", "57");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(MODEL.generate(new int[129])))
          .withMessageContainingAll("129", "128", "truncatePrompt");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batcher.submit(MODEL.generate("x").logitBias(Map.of(57, 1f))))
          .withMessageContainingAll("57", "vocabulary");
      assertThat(batcher.statistics().passes()).isZero();
    }
  }

  @Test
  void optionsAreChecked() {
    BatcherOptions options = BatcherOptions.DEFAULT;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withSlots(0))
        .withMessage("slots must be 1 to 128: 0");
    assertThatIllegalArgumentException().isThrownBy(() -> options.withSlots(129));
    assertThatIllegalArgumentException().isThrownBy(() -> options.withQueueCapacity(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> options.withPrefillChunk(0));
    assertThatIllegalArgumentException().isThrownBy(() -> options.withCacheTokens(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> options.withPrefixTokens(-1));
  }

  @Test
  void aReaderThatIsInterruptedCancels() throws InterruptedException {
    Gate gate = new Gate();
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      batcher.submit(letters().maxTokens(1), gate);
      BatchedStream stream = batcher.stream(letters());
      AtomicReference<Throwable> seen = new AtomicReference<>();
      Thread reader =
          Thread.startVirtualThread(() -> {
            try {
              stream.next();
            } catch (TmacException e) {
              seen.set(e);
            }
          });
      reader.interrupt();
      reader.join();
      assertThat(seen.get()).hasMessageContaining("interrupted");
      gate.open();
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  /** What depends on a result may take its time. */
  @Test
  void actionsBehindAResultHoldUpNobody() {
    CountDownLatch never = new CountDownLatch(1);
    try (Batcher batcher = Batcher.of(MODEL, ONE_SLOT)) {
      batcher.submit(letters().maxTokens(1)).future().thenRun(() -> Gate.await(never));
      assertThat(batcher.submit(letters().maxTokens(2)).result().text()).isEqualTo("aa");
      never.countDown();
    }
  }

  @Test
  void statisticsAddUp() {
    try (Batcher batcher = Batcher.of(MODEL, BatcherOptions.DEFAULT.withSlots(4))) {
      List<BatchedGeneration> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        all.add(batcher.submit(letters().maxTokens(5)));
      }
      Generation[] results = all.stream().map(BatchedGeneration::result).toArray(Generation[]::new);
      BatcherStatistics statistics = batcher.statistics();
      assertThat(statistics.slots()).isEqualTo(4);
      assertThat(statistics.finished()).isEqualTo(10);
      assertThat(statistics.generatedTokens()).isEqualTo(50);
      assertThat(statistics.promptTokens()).isEqualTo(50);
      assertThat(statistics.cachedTokens())
          .isEqualTo(Arrays.stream(results).mapToLong(Generation::cachedTokens).sum());
      assertThat(statistics.passes()).isBetween(15L, 60L);
      assertThat(statistics.failed()).isZero();
      for (Generation each : results) {
        assertThat(each.promptTime()).isPositive();
        assertThat(each.generationTime()).isPositive();
        assertThat(each.queueTime()).isGreaterThanOrEqualTo(Duration.ZERO);
      }
      assertThat(results[9].queueTime()).isPositive();
    }
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
