package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link ModelOptions#quantize}: a model rounded at load is like one rounded in a file. */
class QuantizeAtLoadTest {

  /** The file has the original program's scales; those with the least error are no worse. */
  @Test
  void fourBitsAreAsGoodAsThoseOfAFile() throws IOException {
    double exact = nll("f32", Goldens.INT8);
    double file = nll("q4v1", Goldens.INT8);
    double atLoad = nll("f32", Goldens.INT8.quantize(new Int4()));
    assertThat(atLoad).isBetween(exact, file + 0.02);
  }

  @Test
  void ternaryWeightsAreAsGoodAsThoseOfAFile() throws IOException {
    double atLoad = nll("f32", Goldens.INT8.quantize(new TernaryV2()));
    assertThat(atLoad).isLessThan(nll("tm2", Goldens.INT8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "llama3_rope", "qwen2"})
  void foldersOfAnyFloatTypeAreRounded(String name) throws IOException {
    Path folder = Shared.path("vectors/public/hf/" + name);
    ModelOptions options = Goldens.INT8.withoutTokenizer();
    try (Model model = Model.load(folder, options);
        Model rounded = Model.load(folder, options.quantize(new Int4()))) {
      assertThat(rounded.info().format()).isEqualTo("int4");
      float[] expected = model.newSession().logits(new int[] {1, 5, 9})[2];
      float[] logits = rounded.newSession().logits(new int[] {1, 5, 9})[2];
      double error = 0;
      double size = 0;
      for (int i = 0; i < logits.length; i++) {
        error += Math.pow(logits[i] - expected[i], 2);
        size += Math.pow(expected[i], 2);
      }
      assertThat(Math.sqrt(error / size)).isBetween(0.001, 0.35);
    }
  }

  @Test
  void codesStayAsTheyAre() throws IOException {
    double file = nll("q4v1", Goldens.INT8);
    assertThat(nll("q4v1", Goldens.INT8.quantize(new TernaryV2()))).isEqualTo(file);
  }

  @Test
  void otherFormatsAreRefused() {
    WeightFormat format = new F32();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelOptions.DEFAULT.quantize(format))
        .withMessageContainingAll("Int4", "TernaryV2", "f32");
  }

  private static double nll(String format, ModelOptions options) throws IOException {
    int[] tokens = Goldens.ints(Goldens.json("stories260K/reference.json").get("nll_ids"));
    try (Model model = Goldens.stories(format, options);
        Session session = model.newSession()) {
      return Goldens.meanNll(session.logits(tokens), tokens);
    }
  }
}
