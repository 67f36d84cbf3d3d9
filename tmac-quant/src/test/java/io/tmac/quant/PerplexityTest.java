package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.TmacException;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PerplexityTest {
  private static final String STORIES = "models/stories260K/stories260K.bin";

  @TempDir Path folder;

  @Test
  void scoresEvaluationTextAsTheReference() throws IOException {
    try (Model model = Model.load(Shared.path(STORIES))) {
      byte[] text = Files.readAllBytes(Shared.path("models/stories260K/evaluation.txt"));
      Evaluation evaluation = Perplexity.evaluate(model, text, Perplexity.window(model));
      assertThat(evaluation.tokens()).isEqualTo(20199);
      assertThat(evaluation.predicted()).isEqualTo(20199);
      assertThat(evaluation.meanNll()).isCloseTo(1.499955, within(1e-4));
      assertThat(evaluation.perplexity()).isCloseTo(4.4815, within(1e-3));
    }
  }

  @Test
  void scoresAShortTextAsTheReference() throws IOException {
    JsonNode reference = Shared.json("vectors/public/stories260K/reference.json");
    try (Model model = Model.load(Shared.path(STORIES))) {
      byte[] text = reference.get("nll_text").stringValue().getBytes(StandardCharsets.UTF_8);
      Evaluation evaluation = Perplexity.evaluate(model, text, 512);
      JsonNode expected = reference.at("/formats/f32/sequences/nll_text");
      assertThat(evaluation.tokens()).isEqualTo(expected.get("n_ids").intValue() - 1);
      assertThat(evaluation.meanNll())
          .isCloseTo(expected.get("mean_nll").doubleValue(), within(1e-5));
    }
  }

  /** A window of two positions is BOS and one token: each is predicted from BOS alone. */
  @Test
  void eachWindowIsASequenceOfItsOwn() throws IOException {
    try (Model model = Model.load(Shared.path(STORIES));
        Session session = model.newSession()) {
      String text = "Once upon a time";
      Tokenizer tokenizer = model.tokenizer().orElseThrow();
      float[] logits = session.logits(new int[] {tokenizer.bosId().orElseThrow()})[0];
      double sum = 0;
      int[] ids = tokenizer.encode(text);
      for (int id : ids) {
        sum += Perplexity.negativeLogLikelihood(logits, id);
      }
      Evaluation evaluation = Perplexity.evaluate(model, text.getBytes(StandardCharsets.UTF_8), 2);
      assertThat(evaluation.predicted()).isEqualTo(ids.length);
      assertThat(evaluation.meanNll()).isCloseTo(sum / ids.length, within(1e-12));
    }
  }

  /** Each token again, from a sequence of its own, and with a softmax of its own. */
  @Test
  void overlappingWindowsScoreEachTokenOnceWithItsContext() throws IOException {
    int window = 20;
    int stride = 7;
    String story =
        "Once upon a time, there was a little girl named Lily. She loved to play outside";
    String text =
        story + " in the park. One day, she saw a big, red ball. She wanted to play with it.";
    try (Model model = Model.load(Shared.path(STORIES));
        Session session = model.newSession()) {
      Tokenizer tokenizer = model.tokenizer().orElseThrow();
      int[] ids = tokenizer.encode(text);
      assertThat(ids.length).isGreaterThan(2 * window);
      double sum = 0;
      for (int i = 0; i < ids.length; i++) {
        int start = 0;
        while (start + window - 1 <= i) {
          start += stride;
        }
        int[] context = new int[1 + i - start];
        context[0] = tokenizer.bosId().orElseThrow();
        System.arraycopy(ids, start, context, 1, i - start);
        session.truncate(0);
        float[] logits = session.logits(context)[i - start];
        double total = 0;
        for (float logit : logits) {
          total += Math.exp(logit);
        }
        sum -= Math.log(Math.exp(logits[ids[i]]) / total);
      }
      Evaluation evaluation =
          Perplexity.evaluate(
              model, text.getBytes(StandardCharsets.UTF_8), new Windows(window, stride));
      assertThat(evaluation.tokens()).isEqualTo(ids.length);
      assertThat(evaluation.predicted()).isEqualTo(ids.length);
      assertThat(evaluation.meanNll()).isCloseTo(sum / ids.length, within(1e-12));
    }
  }

  @Test
  void aStrideOfAllTokensOfAWindowIsNoOverlap() throws IOException {
    byte[] text = "Once upon a time, there was a little girl.".getBytes(StandardCharsets.UTF_8);
    try (Model model = Model.load(Shared.path(STORIES))) {
      assertThat(Perplexity.evaluate(model, text, new Windows(6, 5)))
          .isEqualTo(Perplexity.evaluate(model, text, 6));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Perplexity.evaluate(model, text, new Windows(6, 6)))
          .withMessage("the stride must be from 1 to the 5 text tokens of a window: 6");
    }
  }

  @Test
  void refusesWindowsThatDoNotFitAndTextsWithoutTokens() throws IOException {
    Path file = TinyModel.write(folder.resolve("model.bin"));
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    byte[] text = "abc".getBytes(StandardCharsets.UTF_8);
    try (Model model = Model.load(file)) {
      assertThat(Perplexity.window(model)).isEqualTo(TinyModel.CONTEXT_LENGTH);
      for (int window : new int[] {1, TinyModel.CONTEXT_LENGTH + 1}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> Perplexity.evaluate(model, text, window))
            .withMessageContaining(": " + window);
      }
      assertThatThrownBy(() -> Perplexity.evaluate(model, new byte[0], 2))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("nothing to predict");
    }
  }

  @Test
  void refusesAModelWithoutTokenizer() throws IOException {
    try (Model model = Model.load(TinyModel.write(folder.resolve("model.bin")))) {
      assertThatThrownBy(() -> Perplexity.evaluate(model, new byte[1], 2))
          .hasMessageContaining("model.bin has no tokenizer");
    }
  }

  @Test
  void equalLogitsAreEquallyLikely() {
    assertThat(Perplexity.negativeLogLikelihood(new float[1000], 7))
        .isCloseTo(Math.log(1000), within(1e-12));
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    float[] logits = {3e38f, -3e38f};
    assertThat(Perplexity.negativeLogLikelihood(logits, 0)).isZero();
    assertThat(Perplexity.negativeLogLikelihood(logits, 1)).isCloseTo(6e38, within(1e32));
  }

  @Test
  void nanStaysVisible() {
    assertThat(Perplexity.negativeLogLikelihood(new float[] {1, Float.NaN, 2}, 0)).isNaN();
  }

  @Property
  void probabilitiesAddUpToOne(@ForAll @Size(min = 1, max = 50) float[] logits) {
    double sum = 0;
    for (int token = 0; token < logits.length; token++) {
      sum += Math.exp(-Perplexity.negativeLogLikelihood(logits, token));
    }
    assertThat(sum).isCloseTo(1, within(1e-9));
  }
}
