package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelOptions;
import io.tmac.Session;
import io.tmac.TmacException;
import io.tmac.format.F32;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final String STORIES = "models/stories260K/stories260K.bin";
  private static final String Q4 = "vectors/public/quantizers/P3_numpy_2.4.2/stories260K.q4.bin";
  private static final byte[] STORY =
      ("Once upon a time, there was a little girl named Lily. She loved to play outside in the"
              + " park. One day, she saw a big, red ball. She wanted to play with it.")
          .getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  @Test
  void divergenceOfSmallDistributions() {
    float[] p = logs(0.5, 0.25, 0.25);
    float[] uniform = new float[3];
    // log 3 minus the entropy of p; the other way round the mean of log(1/3 / p).
    assertThat(kl(p, uniform)).isCloseTo(Math.log(3) - 1.5 * Math.log(2), within(1e-7));
    assertThat(kl(uniform, p))
        .isCloseTo((Math.log(2.0 / 3) + 2 * Math.log(4.0 / 3)) / 3, within(1e-7));
    assertThat(kl(p, p)).isZero();
  }

  @Test
  void impossibleTokensOfTheReferenceCountNothing() {
    float[] p = {0, Float.NEGATIVE_INFINITY};
    assertThat(kl(p, new float[2])).isEqualTo(Math.log(2));
    assertThat(kl(p, p)).isZero();
    assertThat(kl(new float[2], p)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(kl(new float[] {0, -3e38f}, new float[] {0, 3e38f})).isCloseTo(3e38, within(1e32));
  }

  @Test
  void nanStaysVisible() {
    assertThat(kl(new float[] {1, Float.NaN}, new float[2])).isNaN();
    assertThat(kl(new float[2], new float[] {1, Float.NaN})).isNaN();
  }

  @Property
  void divergenceIsNotNegativeAndOnlyDifferencesOfLogitsCount(
      @ForAll @Size(8) List<@FloatRange(min = -20, max = 20) Float> logitsOfP,
      @ForAll @Size(8) List<@FloatRange(min = -20, max = 20) Float> logitsOfQ) {
    float[] p = floats(logitsOfP);
    float[] q = floats(logitsOfQ);
    double kl = kl(p, q);
    assertThat(kl).isNotNegative();
    assertThat(kl(p, p)).isZero();
    float[] shifted = new float[q.length];
    for (int i = 0; i < q.length; i++) {
      shifted[i] = q[i] + 8;
    }
    assertThat(kl(p, shifted)).isCloseTo(kl, within(1e-4));
  }

  @Test
  void ofEqualLogitsTheLowestTokenIsTheTop() {
    assertThat(Comparison.argmax(new float[] {1, 3, 2, 3})).isEqualTo(1);
    assertThat(Comparison.argmax(new float[4])).isZero();
  }

  @Test
  void aModelDoesNotDifferFromItself() throws IOException {
    try (Model reference = tinyModel();
        Model copy = Model.load(TinyModel.write(folder.resolve("copy.bin")))) {
      byte[] text = "abcdefghijkl".repeat(9).getBytes(StandardCharsets.UTF_8);
      for (Windows windows : new Windows[] {Windows.disjoint(32), new Windows(20, 3)}) {
        Divergence divergence = Comparison.compare(reference, copy, text, windows);
        assertThat(divergence.kl()).isEqualTo(new Spread(0, 0, 0, 0));
        assertThat(divergence.topAgreement()).isEqualTo(1);
        assertThat(divergence.nllDifference()).isZero();
        assertThat(divergence.model()).isEqualTo(Perplexity.evaluate(reference, text, windows));
      }
    }
  }

  /** Windows of more than one pass, overlapping; each position again from a sequence of its own. */
  @Test
  void comparesEachPositionOnce() throws IOException {
    Windows windows = new Windows(44, 5);
    try (Model reference = Model.load(Shared.path(STORIES));
        Model model = Model.load(Shared.path(Q4), ModelOptions.DEFAULT.withoutTokenizer())) {
      Divergence divergence = Comparison.compare(reference, model, STORY, windows);

      Tokenizer tokenizer = reference.tokenizer().orElseThrow();
      int[] ids = tokenizer.encode(new String(STORY, StandardCharsets.UTF_8));
      assertThat(ids.length).isGreaterThan(48);
      double[] kl = new double[ids.length];
      int agreements = 0;
      double nll = 0;
      for (int i = 0; i < ids.length; i++) {
        int start = i < 43 ? 0 : (i - 43) / 5 * 5 + 5;
        int[] context = new int[1 + i - start];
        context[0] = tokenizer.bosId().orElseThrow();
        System.arraycopy(ids, start, context, 1, i - start);
        double[] p = probabilities(reference, context);
        double[] q = probabilities(model, context);
        int bestP = 0;
        int bestQ = 0;
        for (int token = 0; token < p.length; token++) {
          kl[i] += p[token] * Math.log(p[token] / q[token]);
          bestP = p[token] > p[bestP] ? token : bestP;
          bestQ = q[token] > q[bestQ] ? token : bestQ;
        }
        agreements += bestP == bestQ ? 1 : 0;
        nll -= Math.log(q[ids[i]]);
      }
      assertThat(divergence.model().predicted()).isEqualTo(ids.length);
      assertThat(divergence.model().meanNll()).isCloseTo(nll / ids.length, within(1e-9));
      assertThat(divergence.kl().mean())
          .isCloseTo(Arrays.stream(kl).sum() / kl.length, within(1e-9));
      assertThat(divergence.kl().max()).isCloseTo(Arrays.stream(kl).max().orElse(0), within(1e-9));
      assertThat(divergence.topAgreement()).isEqualTo((double) agreements / ids.length);
      assertThat(divergence.kl().median()).isBetween(1e-6, divergence.kl().p99());
    }
  }

  @Test
  void scoresEachModelAsPerplexityDoes() throws IOException {
    try (Model reference = Model.load(Shared.path(STORIES));
        Model model =
            Model.load(
                Shared.path(Q4),
                ModelOptions.DEFAULT.withTokenizer(Shared.path("models/stories260K/tok512.bin")))) {
      Divergence divergence = Comparison.compare(reference, model, STORY, Windows.disjoint(40));
      assertThat(divergence.reference()).isEqualTo(Perplexity.evaluate(reference, STORY, 40));
      assertThat(divergence.model()).isEqualTo(Perplexity.evaluate(model, STORY, 40));
      assertThat(divergence.nllDifference())
          .isEqualTo(divergence.model().meanNll() - divergence.reference().meanNll());
    }
  }

  @Test
  void refusesAnotherVocabulary() throws IOException {
    ModelConfig config = new ModelConfig(8, 12, 1, 2, 1, 4, 20, 32, 10000, 1e-5f);
    try (Model reference = tinyModel();
        Model model = Model.random(config, new F32(), new F32(), ModelOptions.DEFAULT)) {
      assertThatThrownBy(() -> Comparison.compare(reference, model, STORY, Windows.disjoint(32)))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("has a vocabulary of 20 tokens")
          .hasMessageContaining("model.bin one of 16");
    }
  }

  @Test
  void refusesWindowsThatOneContextCannotHoldAndTextsWithoutTokens() throws IOException {
    ModelConfig config = new ModelConfig(8, 12, 1, 2, 1, 4, 16, 24, 10000, 1e-5f);
    try (Model reference = tinyModel();
        Model model = Model.random(config, new F32(), new F32(), ModelOptions.DEFAULT)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Comparison.compare(reference, model, STORY, Windows.disjoint(32)))
          .withMessageContaining("2 to the 24 tokens");
      assertThatThrownBy(
              () -> Comparison.compare(reference, model, new byte[0], Windows.disjoint(24)))
          .hasMessageContaining("nothing to predict");
      assertThatThrownBy(() -> Comparison.compare(model, reference, STORY, Windows.disjoint(24)))
          .hasMessageContaining("has no tokenizer");
    }
  }

  @Test
  void percentilesAreInterpolated() {
    Spread spread = Spread.of(new double[] {4, 1, 3, 2});
    assertThat(spread.mean()).isEqualTo(2.5);
    assertThat(spread.median()).isEqualTo(2.5);
    assertThat(spread.p99()).isCloseTo(3.97, within(1e-12));
    assertThat(spread.max()).isEqualTo(4);
    assertThat(Spread.of(new double[] {7})).isEqualTo(new Spread(7, 7, 7, 7));
    assertThat(Spread.of(new double[] {Double.POSITIVE_INFINITY, 1, 2}).median()).isEqualTo(2);
    assertThat(Spread.of(new double[] {Double.NaN, 1, 2}).max()).isNaN();
  }

  private Model tinyModel() throws IOException {
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    return Model.load(TinyModel.write(folder.resolve("model.bin")));
  }

  private static double kl(float[] p, float[] q) {
    return Comparison.klDivergence(p, LogSoftmax.of(p), q, LogSoftmax.of(q));
  }

  private static float[] floats(List<Float> list) {
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = list.get(i);
    }
    return floats;
  }

  private static float[] logs(double... probabilities) {
    float[] logs = new float[probabilities.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) Math.log(probabilities[i]);
    }
    return logs;
  }

  private static double[] probabilities(Model model, int[] context) {
    try (Session session = model.newSession()) {
      float[] logits = session.logits(context)[context.length - 1];
      double[] probabilities = new double[logits.length];
      double sum = 0;
      for (int i = 0; i < logits.length; i++) {
        probabilities[i] = Math.exp(logits[i]);
        sum += probabilities[i];
      }
      for (int i = 0; i < logits.length; i++) {
        probabilities[i] /= sum;
      }
      return probabilities;
    }
  }
}
