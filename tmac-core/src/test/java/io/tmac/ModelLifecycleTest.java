package io.tmac;

import static io.tmac.TestTokenizer.BOS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tmac.testing.TinyModels.Container;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A model holds memory and threads until it is closed. */
@Timeout(60)
class ModelLifecycleTest {

  @Test
  void aClosedModelRefusesEverything() {
    Model model = TestModels.letters();
    Session session = model.newSession();
    session.logits(new int[] {BOS});
    GenerationRequest request = model.generate("once");
    model.close();
    model.close();
    for (Runnable use :
        List.<Runnable>of(
            model::newSession,
            request::result,
            request::stream,
            () -> model.generate(new int[] {BOS}).result(),
            () -> session.logits(new int[] {5}),
            () -> session.generate("more").result())) {
      assertThatIllegalStateException()
          .isThrownBy(use::run)
          .withMessageContainingAll("model is closed", "tiny.Q4V1");
    }
    assertThat(model.info().kernels()).isNotEmpty();
    assertThat(model.tokenizer()).isPresent();
    session.close();
  }

  @Test
  @Timeout(20)
  void closingIsNotOvertakenByGenerationsWithoutEnd() throws InterruptedException {
    Model model = TestModels.letters();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (true) {
                    model.generate("once").maxTokens(100).text();
                  }
                } catch (IllegalStateException e) {
                  // The model is closed.
                }
              }));
    }
    Thread.sleep(300);
    model.close();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void aSessionThatIsClosedEndsItsStreamInPeace() {
    try (Model model = TestModels.letters()) {
      Session session = model.newSession();
      TokenStream stream = session.generate("once").seed(1).stream();
      stream.next();
      session.close();
      Generation generation = stream.result();
      assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(generation.generatedTokens()).isEqualTo(1);
    }
  }

  @Test
  void closingWaitsForRunningWorkAndFailsWhatComesAfter() throws InterruptedException {
    for (int round = 0; round < 5; round++) {
      Model model = TestModels.letters();
      List<Thread> threads = new ArrayList<>();
      List<Throwable> ends = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  Throwable end = useUntilItFails(model);
                  synchronized (ends) {
                    ends.add(end);
                  }
                }));
      }
      Thread.sleep(20);
      model.close();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(ends)
          .hasSize(3)
          .allSatisfy(end ->
              assertThat(end)
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessageContaining("model is closed"));
    }
  }

  private static Throwable useUntilItFails(Model model) {
    int[] prompt = new int[100];
    try {
      while (true) {
        model.generate(prompt).maxTokens(10).result();
      }
    } catch (Throwable e) {
      return e;
    }
  }

  @Test
  void closingEndsTheThreads() throws InterruptedException {
    Set<Thread> before = workers();
    Model model =
        TestModels.load(Container.TM2, TestModels.SHAPE, ModelOptions.DEFAULT.withThreads(4));
    Set<Thread> own = workers();
    own.removeAll(before);
    assertThat(own).hasSize(3).allMatch(Thread::isDaemon);
    model.close();
    for (Thread thread : own) {
      thread.join(10_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void aListenerMayCloseTheModel() {
    Model model = TestModels.letters();
    assertThatIllegalStateException()
        .isThrownBy(() ->
            model
                .generate("once")
                .logitBias(Map.of(5, 100f))
                .result(token -> {
                  model.close();
                  return true;
                }))
        .withMessageContaining("model is closed");
  }

  private static Set<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("tmac-"))
        .collect(Collectors.toSet());
  }
}
