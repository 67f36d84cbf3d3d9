package io.tmac;

import static io.tmac.TestTokenizer.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Tokens as they are made, and ways to end a generation early. */
class TokenStreamTest {
  private static final Model MODEL = TestModels.letters();
  private static final Map<Integer, Float> ONLY_A = Map.of(letter('a'), 100f);

  @AfterAll
  static void close() {
    MODEL.close();
  }

  @Test
  void elementsAreTheTokensOfTheResult() {
    GenerationRequest request = MODEL.generate("once").seed(2).maxTokens(30).logprobs(1);
    Generation result = request.result();
    List<Integer> ids = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    try (TokenStream stream = request.stream()) {
      for (GeneratedToken token : stream) {
        ids.add(token.id());
        text.append(token.text());
        assertThat(token.logprobs()).isPresent();
        assertThat(token.logprobs().get().chosen().token()).isEqualTo(token.id());
      }
      assertThat(stream.result().tokens()).isEqualTo(result.tokens());
      assertThat(stream.result().finishReason()).isEqualTo(result.finishReason());
      assertThat(stream.result().logprobs()).isEqualTo(result.logprobs());
    }
    if (result.finishReason() == FinishReason.END_OF_TEXT) {
      assertThat(ids.removeLast()).isEqualTo(TestTokenizer.EOS);
    }
    assertThat(ids).isEqualTo(result.tokens());
    assertThat(text).hasToString(result.text());
  }

  @Test
  void logprobsAreAbsentUnlessAskedFor() {
    try (TokenStream stream = MODEL.generate("once").maxTokens(1).stream()) {
      assertThat(stream.next().logprobs()).isEmpty();
    }
  }

  @Test
  void endOfTextIsTheLastElement() {
    try (TokenStream stream =
        MODEL.generate("once").logitBias(Map.of(TestTokenizer.EOS, 100f)).stream()) {
      assertThat(stream.next()).extracting(GeneratedToken::id).isEqualTo(TestTokenizer.EOS);
      assertThat(stream.hasNext()).isFalse();
      assertThat(stream.result().tokens()).isEmpty();
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.END_OF_TEXT);
    }
  }

  @Test
  void thereIsNoElementBehindTheLast() {
    try (TokenStream stream = MODEL.generate("once").maxTokens(0).stream()) {
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(stream::next)
          .withMessageContaining("MAX_TOKENS");
    }
  }

  @Test
  void aListenerMayEndTheGeneration() {
    List<GeneratedToken> seen = new ArrayList<>();
    Generation generation =
        MODEL
            .generate("once")
            .logitBias(ONLY_A)
            .result(token -> {
              seen.add(token);
              return seen.size() < 3;
            });
    assertThat(seen).hasSize(3);
    assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(generation.text()).isEqualTo("aaa");
    assertThat(generation.tokens()).hasSize(3);
  }

  @Test
  void cancellingAtTheLastTokenIsNoCancellation() {
    Generation generation =
        MODEL.generate("once").logitBias(ONLY_A).maxTokens(1).result(token -> false);
    assertThat(generation.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
  }

  @Test
  void anExceptionOfTheListenerReachesTheCallerAndFreesTheSession() {
    IllegalStateException failure = new IllegalStateException("enough");
    try (Session session = MODEL.newSession()) {
      assertThatIllegalStateException()
          .isThrownBy(() ->
              session
                  .generate("once")
                  .logitBias(ONLY_A)
                  .result(token -> {
                    throw failure;
                  }))
          .isSameAs(failure);
      assertThat(session.generate("more").maxTokens(2).logitBias(ONLY_A).text()).isEqualTo("aa");
    }
  }

  @Test
  void aStreamThatIsClosedEarlyHasAResult() {
    TokenStream stream = MODEL.generate("once").logitBias(ONLY_A).stop("aab").stream();
    for (int i = 0; i < 4; i++) {
      stream.next();
    }
    stream.close();
    stream.close();
    assertThat(stream.hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(stream::next);
    Generation generation = stream.result();
    assertThat(generation.tokens()).hasSize(4);
    // What might have begun the stop string belongs to the text after all.
    assertThat(generation.text()).isEqualTo("aaaa");
    assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
  }

  @Test
  void theResultOfAStreamUnderWayEndsIt() {
    try (TokenStream stream = MODEL.generate("once").logitBias(ONLY_A).stream()) {
      stream.next();
      stream.next();
      assertThat(stream.result().text()).isEqualTo("aa");
      assertThat(stream.hasNext()).isFalse();
      assertThat(stream.result().text()).isEqualTo("aa");
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  @Test
  void aStreamOfASessionHoldsTheSessionUntilItsEnd() {
    try (Session session = MODEL.newSession()) {
      try (TokenStream stream = session.generate("once").logitBias(ONLY_A).stream()) {
        stream.next();
        assertThatIllegalStateException().isThrownBy(() -> session.logits(new int[] {5}));
        assertThatIllegalStateException().isThrownBy(() -> session.truncate(0));
        assertThatIllegalStateException().isThrownBy(() -> session.generate("x").stream());
        stream.next();
      }
      // BOS, o, n, c, e, a, a
      assertThat(session.position()).isEqualTo(7);
      assertThat(session.logits(new int[] {5})).hasNumberOfRows(1);
    }
  }

  @Test
  void aStreamThatNeverStartedLeavesTheSessionAsItWas() {
    try (Session session = MODEL.newSession()) {
      session.generate("once").stream().close();
      assertThat(session.position()).isZero();
      session.logits(new int[] {5});
    }
  }

  @Test
  void closingTheModelEndsAStream() {
    Model model = TestModels.letters();
    TokenStream stream = model.generate("once").logitBias(ONLY_A).stream();
    stream.next();
    model.close();
    assertThatIllegalStateException()
        .isThrownBy(stream::next)
        .withMessageContaining("model is closed");
    assertThat(stream.result().text()).isEqualTo("a");
  }

  @Test
  void aStreamOfASessionMayBeClosedAfterItsModel() {
    Model model = TestModels.letters();
    Session session = model.newSession();
    TokenStream stream = session.generate("once").logitBias(ONLY_A).stream();
    stream.next();
    model.close();
    stream.close();
    stream.close();
    assertThat(stream.result().text()).isEqualTo("a");
  }

  @Test
  void closingTheSessionEndsItsStream() {
    Session session = MODEL.newSession();
    TokenStream stream = session.generate("once").logitBias(ONLY_A).stream();
    stream.next();
    session.close();
    assertThatIllegalStateException()
        .isThrownBy(stream::next)
        .withMessageContaining("session is closed");
    stream.close();
    assertThat(stream.result().text()).isEqualTo("a");
  }

  @Test
  void anotherThreadMayCancel() throws InterruptedException {
    try (TokenStream stream = MODEL.generate("once").logitBias(ONLY_A).maxTokens(100).stream()) {
      for (int i = 0; i < 3; i++) {
        stream.next();
      }
      Thread other = Thread.ofVirtual().start(stream::cancel);
      other.join();
      assertThat(stream.hasNext()).isFalse();
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(stream::next)
          .withMessageContaining("CANCELLED");
      assertThat(stream.result().text()).isEqualTo("aaa");
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  @Test
  void aTokenThatWasPromisedIsMade() {
    try (TokenStream stream = MODEL.generate("once").logitBias(ONLY_A).stream()) {
      assertThat(stream.hasNext()).isTrue();
      stream.cancel();
      assertThat(stream.next().text()).isEqualTo("a");
      // Without the question there is no promise.
      assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(stream::next);
      assertThat(stream.hasNext()).isFalse();
    }
  }

  @Test
  void aPromptThatIsCancelledIsForgotten() {
    try (Session session = MODEL.newSession()) {
      session.logits(new int[] {5});
      try (TokenStream stream = session.generate("once").stream()) {
        stream.cancel();
        assertThat(stream.hasNext()).isFalse();
        assertThat(stream.result().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(stream.result().tokens()).isEmpty();
      }
      assertThat(session.position()).isEqualTo(1);
    }
  }

  @Test
  void cancellingWhatHasEndedChangesNothing() {
    try (TokenStream stream = MODEL.generate("once").logitBias(ONLY_A).maxTokens(2).stream()) {
      stream.forEach(token -> assertThat(token.text()).isEqualTo("a"));
      stream.cancel();
      assertThat(stream.hasNext()).isFalse();
      assertThat(stream.result().finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    }
  }

  @Test
  void thePromptCanBeSeenBeforeItRuns() {
    GenerationRequest request = MODEL.generate("once");
    int[] ids = request.promptIds();
    assertThat(ids).hasSize(request.promptTokens()).startsWith(TestTokenizer.BOS);
    ids[0] = 0;
    assertThat(request.promptIds()).startsWith(TestTokenizer.BOS);
    assertThat(request.logitBias(ONLY_A).maxTokens(2).text())
        .isEqualTo(MODEL.generate(request.promptIds()).logitBias(ONLY_A).maxTokens(2).text());
  }
}
