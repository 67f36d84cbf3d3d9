package io.tmac;

import static io.tmac.TestTokenizer.BOS;
import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.data.Offset.offset;

import io.tmac.testing.TinyModels.Container;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sequence of tokens that goes on from call to call. */
@Timeout(60)
class SessionTest {
  private static final Model MODEL = TestModels.letters();
  private static final Map<Integer, Float> ONLY_A = Map.of(letter('a'), 100f);

  @AfterAll
  static void close() {
    MODEL.close();
  }

  @Test
  void turnsAreOneSequence() {
    try (Session session = MODEL.newSession()) {
      List<Integer> all = new ArrayList<>();
      for (String turn : List.of("once", "upon", "a")) {
        Generation generation =
            session.generate(turn).temperature(0).maxTokens(9).logprobs(3).result();
        for (int token : TestModels.TOKENIZER.encode(turn)) {
          all.add(token);
        }
        if (all.getFirst() != BOS) {
          all.addFirst(BOS);
        }
        int[] prompt = all.stream().mapToInt(Integer::intValue).toArray();
        Generation inOnePass =
            MODEL.generate(prompt).temperature(0).maxTokens(9).logprobs(3).result();
        assertThat(generation.tokens()).isEqualTo(inOnePass.tokens());
        assertThat(generation.logprobs()).isEqualTo(inOnePass.logprobs());
        all.addAll(generation.tokens());
        assertThat(session.position()).isEqualTo(all.size());
      }
      int[] tokens = all.stream().mapToInt(Integer::intValue).toArray();
      float[] after = session.logits(new int[] {7})[0];
      assertThat(after).isEqualTo(logits(Arrays.copyOf(tokens, tokens.length + 1), 7));
    }
  }

  /** Logits behind tokens whose last one is set. */
  private static float[] logits(int[] tokens, int last) {
    tokens[tokens.length - 1] = last;
    try (Session session = MODEL.newSession()) {
      return session.logits(tokens)[tokens.length - 1];
    }
  }

  @Test
  void bosComesOnceAtTheStart() {
    try (Session session = MODEL.newSession()) {
      assertThat(session.generate("once").maxTokens(0).result().promptTokens()).isEqualTo(5);
      assertThat(session.generate("once").maxTokens(0).result().promptTokens()).isEqualTo(4);
      session.truncate(0);
      assertThat(session.generate("once").maxTokens(0).result().promptTokens()).isEqualTo(5);
    }
  }

  @Test
  void endOfTextIsNotKept() {
    try (Session session = MODEL.newSession()) {
      session.generate("once").logitBias(Map.of(TestTokenizer.EOS, 100f)).result();
      assertThat(session.position()).isEqualTo(5);
    }
  }

  @Test
  void tokensOfAStopStringAreKept() {
    try (Session session = MODEL.newSession()) {
      session.generate("once").logitBias(ONLY_A).stop("aaa").result();
      assertThat(session.position()).isEqualTo(8);
    }
  }

  @Test
  void cancelledTokensAreKept() {
    try (Session session = MODEL.newSession()) {
      session.generate("once").logitBias(ONLY_A).result(token -> false);
      assertThat(session.position()).isEqualTo(6);
      float[] logits = session.logits(new int[] {8})[0];
      assertThat(logits).isEqualTo(logits(new int[] {BOS, 19, 18, 7, 9, letter('a'), 0}, 8));
    }
  }

  @Test
  void truncationForgetsTheEnd() {
    int[] tokens = {BOS, 10, 11, 12, 13, 14, 15};
    try (Session session = MODEL.newSession()) {
      float[][] expected = session.logits(tokens);
      session.truncate(3);
      assertThat(session.position()).isEqualTo(3);
      session.logits(new int[] {20, 21, 22, 23, 24});
      session.truncate(3);
      float[][] again = session.logits(new int[] {12, 13, 14, 15});
      assertThat(again).isDeepEqualTo(Arrays.copyOfRange(expected, 3, 7));
    }
  }

  @Test
  void truncationIsChecked() {
    try (Session session = MODEL.newSession()) {
      session.logits(new int[] {BOS, 10});
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.truncate(3))
          .withMessageContainingAll("0 to 2", "3");
      assertThatIllegalArgumentException().isThrownBy(() -> session.truncate(-1));
      session.truncate(2);
      assertThat(session.position()).isEqualTo(2);
    }
  }

  @Test
  void visitorsSeeEachPositionOnce() {
    try (Session session = MODEL.newSession()) {
      session.logits(new int[] {BOS, 10});
      List<Integer> positions = new ArrayList<>();
      int[] tokens = new int[100];
      Arrays.fill(tokens, 9);
      session.logits(
          tokens,
          (position, logits) -> {
            positions.add(position);
            assertThat(logits).hasSize(TestModels.SHAPE.vocabSize());
          });
      assertThat(positions).hasSize(100).startsWith(2, 3, 4).endsWith(100, 101).isSorted();
      assertThat(session.logits(new int[0])).isEmpty();
      assertThat(session.position()).isEqualTo(102);
    }
  }

  @Test
  void anExceptionOfAVisitorFreesTheSession() {
    try (Session session = MODEL.newSession()) {
      assertThatExceptionOfType(ArithmeticException.class)
          .isThrownBy(() ->
              session.logits(
                  new int[] {BOS},
                  (position, logits) -> {
                    throw new ArithmeticException();
                  }));
      assertThat(session.logits(new int[] {5})).hasNumberOfRows(1);
    }
  }

  @Test
  void tokensAreChecked() {
    try (Session session = MODEL.newSession()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.logits(new int[] {BOS, 57}))
          .withMessageContainingAll("0 to 56", "57");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.logits(new int[129]))
          .withMessageContainingAll("129", "128");
      assertThat(session.position()).isZero();
    }
  }

  @Test
  void theCacheGrowsInPages() {
    try (Session session = MODEL.newSession()) {
      assertThat(session.cacheBytes()).isZero();
      session.logits(new int[] {BOS});
      // Two layers, keys and values, 64 positions of 32 floats.
      long page = 2 * 2 * 64 * 32 * 4;
      assertThat(session.cacheBytes()).isEqualTo(page);
      session.logits(new int[63]);
      assertThat(session.cacheBytes()).isEqualTo(page);
      session.logits(new int[1]);
      assertThat(session.cacheBytes()).isEqualTo(2 * page);
    }
  }

  @Test
  void halfFloatsTakeHalfTheMemory() {
    ModelOptions options = ModelOptions.DEFAULT.withKvCache(KvCacheType.F16);
    try (Model model = TestModels.load(Container.Q4V1, TestModels.SHAPE, options);
        Session half = model.newSession();
        Session full = MODEL.newSession()) {
      assertThat(model.info().kvCache()).isEqualTo(KvCacheType.F16);
      float[] expected = full.logits(new int[] {BOS, 20, 30})[2];
      float[] logits = half.logits(new int[] {BOS, 20, 30})[2];
      assertThat(half.cacheBytes()).isEqualTo(full.cacheBytes() / 2);
      assertThat(logits).isNotEqualTo(expected).containsExactly(expected, offset(0.05f));
    }
  }

  @Test
  void aSecondThreadIsRefused() throws InterruptedException {
    try (Session session = MODEL.newSession()) {
      CountDownLatch inside = new CountDownLatch(1);
      CountDownLatch leave = new CountDownLatch(1);
      Thread first =
          Thread.ofPlatform()
              .start(() ->
                  session.logits(
                      new int[] {BOS},
                      (position, logits) -> {
                        inside.countDown();
                        await(leave);
                      }));
      inside.await();
      assertThatIllegalStateException()
          .isThrownBy(() -> session.logits(new int[] {5}))
          .withMessageContaining("in use");
      assertThatIllegalStateException().isThrownBy(() -> session.generate("x").result());
      assertThatIllegalStateException().isThrownBy(() -> session.truncate(0));
      leave.countDown();
      first.join();
      assertThat(session.logits(new int[] {5})).hasNumberOfRows(1);
      assertThat(session.position()).isEqualTo(2);
    }
  }

  @Test
  void aClosedSessionRefusesEverything() {
    Session session = MODEL.newSession();
    session.logits(new int[] {BOS});
    session.close();
    session.close();
    String message = "session is closed";
    assertThatIllegalStateException()
        .isThrownBy(() -> session.logits(new int[] {5}))
        .withMessageContaining(message);
    assertThatIllegalStateException().isThrownBy(session::position).withMessageContaining(message);
    assertThatIllegalStateException().isThrownBy(session::cacheBytes);
    assertThatIllegalStateException().isThrownBy(() -> session.truncate(0));
    assertThatIllegalStateException().isThrownBy(() -> session.generate("x").result());
    assertThatIllegalStateException().isThrownBy(() -> session.generate(new int[] {5}).result());
  }

  @Test
  void aSessionThatIsClosedWhileItIsVisitedSaysSo() {
    Session session = MODEL.newSession();
    AtomicReference<Integer> visits = new AtomicReference<>(0);
    int[] tokens = new int[100]; // More than one pass.
    assertThatIllegalStateException()
        .isThrownBy(() ->
            session.logits(
                tokens,
                (position, logits) -> {
                  visits.set(visits.get() + 1);
                  session.close();
                }))
        .withMessageContaining("session is closed");
    assertThat(visits.get()).isLessThan(100);
  }

  @Test
  void sessionsOfAModelAreIndependent() {
    try (Session a = MODEL.newSession();
        Session b = MODEL.newSession()) {
      float[] expected = a.logits(new int[] {BOS, 10, 11})[2];
      a.truncate(0);
      a.logits(new int[] {BOS});
      b.logits(new int[] {BOS});
      a.logits(new int[] {10});
      b.logits(new int[] {30});
      assertThat(a.logits(new int[] {11})[0]).isEqualTo(expected);
      assertThat(b.logits(new int[] {11})[0]).isNotEqualTo(expected);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
