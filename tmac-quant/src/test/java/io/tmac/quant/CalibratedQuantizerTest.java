package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.Model;
import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Methods that look at a calibration text, on small models of odd shapes. */
class CalibratedQuantizerTest {
  private static final int VOCAB_SIZE = 16;

  @TempDir Path folder;
  private Path text;
  private Path tokenizer;

  @BeforeEach
  void writeText() throws IOException {
    StringBuilder letters = new StringBuilder();
    new Random(1).ints(300, 'a', 'm').forEach(letter -> letters.append((char) letter));
    text = Files.writeString(folder.resolve("text.txt"), letters);
    tokenizer = TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), VOCAB_SIZE);
  }

  /** Columns that are no multiples of 4 or 32: blocks cross rows and layers. */
  @ParameterizedTest
  @CsvSource({
    "TERNARY_V2, GPTQ, true",
    "TERNARY_V2, GPTQ, false",
    "INT4, GPTQ, true",
    "INT4, GPTQ, false",
    "INT4, SEARCH, true",
    "INT4, SEARCH, false"
  })
  void oddShapesRunAndThreadsDoNotMatter(QuantFormat format, QuantMethod method, boolean shared)
      throws IOException {
    Path model = model(shared).write(folder.resolve("model.bin"));
    byte[][] written = new byte[3][];
    for (int threads = 1; threads <= 3; threads++) {
      Path out = folder.resolve("out" + threads);
      QuantReport report = quantizer(model, format, method).threads(threads).write(out);
      assertThat(report.tensors()).isNotEmpty();
      assertThat(report.layerErrors()).hasSize(method == QuantMethod.GPTQ ? 3 : 0);
      written[threads - 1] = Files.readAllBytes(out);
    }
    assertThat(written[1]).isEqualTo(written[0]);
    assertThat(written[2]).isEqualTo(written[0]);
    try (Model loaded = Model.load(folder.resolve("out1"))) {
      int[] bos = {1};
      assertThat(loaded.generate(bos).maxTokens(2).temperature(0).result().tokens()).isNotEmpty();
    }
  }

  /** A layer's error is measured by the report; the port's is measured here by the same method. */
  @Test
  void fourBitsLeaveASmallErrorInTheResidualStream() throws IOException {
    Path model = model(true).write(folder.resolve("model.bin"));
    QuantReport int4 =
        quantizer(model, QuantFormat.INT4, QuantMethod.GPTQ).write(folder.resolve("q4"));
    QuantReport ternary =
        quantizer(model, QuantFormat.TERNARY_V2, QuantMethod.GPTQ).write(folder.resolve("tm2"));
    for (int layer = 0; layer < 3; layer++) {
      assertThat(int4.layerErrors().get(layer)).isBetween(1e-6, 0.05);
      assertThat(ternary.layerErrors().get(layer)).isBetween(0.01, 0.9);
    }
  }

  /** A pair of tokens says nothing: weights stay near those of least squares. */
  @Test
  void fewTokensDoNoHarm() throws IOException {
    Path model = model(true).write(folder.resolve("model.bin"));
    QuantReport fitted =
        Quantizer.from(model)
            .format(QuantFormat.TERNARY_V2)
            .method(QuantMethod.FITTED)
            .write(folder.resolve("fitted"));
    QuantReport report =
        quantizer(model, QuantFormat.TERNARY_V2, QuantMethod.GPTQ)
            .calibrationTokens(2)
            .write(folder.resolve("gptq"));
    assertThat(report.relativeRmse()).isLessThan(1.1 * fitted.relativeRmse());
  }

  /** Inputs of nearly nothing: no weight can make up for anything then. */
  @Test
  void vanishingWeightsStayAsTheyAre() throws IOException {
    V0Model model = model(true);
    for (String name : new String[] {"w1", "w2", "w3", "wv", "wo"}) {
      float[] values = model.values(name);
      for (int i = 0; i < values.length; i++) {
        values[i] *= 1e-6f;
      }
    }
    Path file = model.write(folder.resolve("model.bin"));
    QuantReport report =
        quantizer(file, QuantFormat.TERNARY_V2, QuantMethod.GPTQ).write(folder.resolve("tm2"));
    assertThat(report.tensors())
        .allSatisfy(tensor -> assertThat(tensor.relativeRmse()).isLessThan(2));
  }

  @ParameterizedTest
  @CsvSource({"TERNARY_V2, GPTQ", "INT4, GPTQ", "INT4, SEARCH"})
  void whatIsNoNumberIsNamed(QuantFormat format, QuantMethod method) throws IOException {
    V0Model model = model(true);
    model.values("w2")[model.hiddenDim() + 2] = Float.NaN;
    Path file = model.write(folder.resolve("model.bin"));
    Path out = folder.resolve("out");
    assertThatThrownBy(() -> quantizer(file, format, method).write(out))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("layers.0.w2")
        .hasMessageContaining("row 1, column 2");
    assertThat(out).doesNotExist();
  }

  /** Finite weights whose products are not. */
  @Test
  void aModelThatComputesInfinityIsAnError() throws IOException {
    V0Model model = model(true);
    Arrays.fill(model.values("wv"), 3e38f);
    Path file = model.write(folder.resolve("model.bin"));
    Path out = folder.resolve("out");
    assertThatThrownBy(() -> quantizer(file, QuantFormat.INT4, QuantMethod.GPTQ).write(out))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("NaN or infinity");
    assertThat(out).doesNotExist();
  }

  @Test
  void zeroWeightsStayZero() throws IOException {
    V0Model model = model(true);
    Arrays.fill(model.values("w1"), 0);
    Path file = model.write(folder.resolve("model.bin"));
    for (QuantFormat format : new QuantFormat[] {QuantFormat.INT4, QuantFormat.TERNARY_V2}) {
      Path out = folder.resolve(format.id());
      QuantReport report = quantizer(file, format, QuantMethod.GPTQ).write(out);
      assertThat(report.tensors())
          .filteredOn(tensor -> tensor.name().endsWith("w1"))
          .hasSize(3)
          .allSatisfy(tensor -> assertThat(tensor.mse()).isZero());
    }
  }

  @Test
  void textsThatCannotServeAreErrors() throws IOException {
    Path file = model(true).write(folder.resolve("model.bin"));
    Path out = folder.resolve("out");
    Quantizer quantizer = quantizer(file, QuantFormat.INT4, QuantMethod.GPTQ);
    Path empty = Files.writeString(folder.resolve("empty.txt"), "");
    assertThatThrownBy(() -> quantizer.calibration(empty).write(out))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("empty.txt");
    Path missing = folder.resolve("missing.txt");
    assertThatThrownBy(() -> quantizer.calibration(missing).write(out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing.txt");
    assertThatThrownBy(() -> quantizer.calibrationTokens(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1");
    assertThatThrownBy(() -> quantizer.passes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0");
    assertThat(out).doesNotExist();
    // Fewer tokens than columns are enough: the original weights hold the rest.
    quantizer.calibrationTokens(3).write(out);
    assertThat(out).exists();
  }

  private Quantizer quantizer(Path model, QuantFormat format, QuantMethod method) {
    return Quantizer.from(model)
        .format(format)
        .method(method)
        .calibration(text)
        .tokenizer(tokenizer);
  }

  private static V0Model model(boolean shared) {
    V0Model model = V0Model.random(20, 27, 3, VOCAB_SIZE, shared, new Random(5));
    Arrays.fill(model.values("attention_norm"), 1);
    Arrays.fill(model.values("ffn_norm"), 1);
    Arrays.fill(model.values("norm"), 1);
    return model;
  }
}
