package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.testing.Shared;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Perplexity of the story model on text that it wrote itself. */
class PerplexityTest {
  private static final int WINDOW = 512;

  @ParameterizedTest
  @CsvSource({
    "f32,  1.499955,  1e-3",
    "q4v1, 1.678376,  1e-3",
    "tm2,  6.463001,  1e-3",
    "tmac, 27.016389, 2e-2"
  })
  void meanNllIsThatOfTheReference(String format, double expected, double tolerance)
      throws IOException {
    assertThat(meanNll(format, Goldens.F32)).isCloseTo(expected, offset(tolerance));
  }

  @ParameterizedTest
  @CsvSource({"q4v1, 1.678376", "tm2, 6.463001"})
  void roundedActivationsChangePerplexityByHalfAPercentAtMost(String format, double exact)
      throws IOException {
    assertThat(Math.exp(meanNll(format, Goldens.INT8) - exact)).isBetween(0.995, 1.005);
  }

  @Test
  void sevenBitsChangePerplexityByOnePercentAtMost() throws IOException {
    ModelOptions int7 = ModelOptions.DEFAULT.withActivations(Activations.INT7);
    assertThat(Math.exp(meanNll("tm2", int7) - 6.463001)).isBetween(0.99, 1.01);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "q4v1"})
  void halfFloatKeysAndValuesChangePerplexityByAThousandthAtMost(String format) throws IOException {
    double exact = meanNll(format, Goldens.F32, 10);
    double half = meanNll(format, Goldens.F32.withKvCache(KvCacheType.F16), 10);
    assertThat(half).isNotEqualTo(exact);
    assertThat(Math.exp(half - exact)).isBetween(0.999, 1.001);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q8v1", "llama2c_v2_gs64"})
  void eightBitWeightsLoseAsLittle(String format) throws IOException {
    double exact = meanNll(format, Goldens.F32, 10);
    assertThat(Math.exp(meanNll(format, Goldens.INT8, 10) - exact)).isBetween(0.995, 1.005);
  }

  private static double meanNll(String format, ModelOptions options) throws IOException {
    return meanNll(format, options, Integer.MAX_VALUE);
  }

  /** Windows without overlap, each of BOS and up to 511 tokens; every token is predicted. */
  private static double meanNll(String format, ModelOptions options, int windows)
      throws IOException {
    try (Model model = Goldens.stories(format, options)) {
      Tokenizer tokenizer = model.tokenizer().orElseThrow();
      byte[] text = Files.readAllBytes(Shared.path("models/stories260K/evaluation.txt"));
      int[] tokens = tokenizer.encode(text, EncodeOptions.TEXT);
      assertThat(tokens).hasSize(20199);
      int count = (int) Math.min(tokens.length, windows * (WINDOW - 1L));
      double sum = 0;
      for (int from = 0; from < count; from += WINDOW - 1) {
        int to = Math.min(count, from + WINDOW - 1);
        int[] window = new int[1 + to - from];
        window[0] = tokenizer.bosId().orElseThrow();
        System.arraycopy(tokens, from, window, 1, to - from);
        sum += nll(model, window);
      }
      return sum / count;
    }
  }

  private static double nll(Model model, int[] window) {
    double[] sum = new double[1];
    try (Session session = model.newSession()) {
      session.logits(
          Arrays.copyOf(window, window.length - 1),
          (position, logits) -> sum[0] += Goldens.nll(logits, window[position + 1]));
    }
    return sum[0];
  }
}
