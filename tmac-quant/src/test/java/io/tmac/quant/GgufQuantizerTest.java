package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.Model;
import io.tmac.ModelFormatException;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.format.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** GGUF files of a model whose matrices have 256, 320 and (for some) 300 columns. */
class GgufQuantizerTest {
  private static final int DIM = 256;
  private static final int VOCAB_SIZE = 16;
  private static final Windows WINDOWS = Windows.disjoint(3);

  @TempDir Path folder;
  private V0Model model;
  private Path in;
  private Path tokenizer;
  private Path text;
  private Path out;

  @BeforeEach
  void writeModel() throws IOException {
    useHiddenDim(320);
    StringBuilder letters = new StringBuilder();
    new Random(1).ints(60, 'a', 'm').forEach(letter -> letters.append((char) letter));
    text = Files.writeString(folder.resolve("text.txt"), letters);
    out = folder.resolve("out.gguf");
  }

  private void useHiddenDim(int hiddenDim) throws IOException {
    model = V0Model.random(DIM, hiddenDim, 2, VOCAB_SIZE, false, new Random(2));
    in = model.write(folder.resolve("model.bin"));
    tokenizer = TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), VOCAB_SIZE);
  }

  private static Stream<QuantFormat> formats() {
    return Stream.of(QuantFormat.values()).filter(QuantFormat::isGguf);
  }

  static Stream<Arguments> pairs() {
    return formats()
        .flatMap(format -> format.methods().stream().map(method -> Arguments.of(format, method)));
  }

  private Quantizer quantizer(QuantFormat format, QuantMethod method) {
    Quantizer quantizer = Quantizer.from(in).format(format).method(method);
    return method == QuantMethod.GPTQ ? quantizer.calibration(text) : quantizer;
  }

  @ParameterizedTest
  @EnumSource(names = {"GGUF_Q4_0", "GGUF_Q8_0", "GGUF_TQ2_0"})
  void portsEncodeAsGgml(QuantFormat format) throws IOException {
    Quantizer.from(in).format(format).head(QuantHead.OWN).write(out);
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint original = CheckpointReader.open(in, arena);
      Checkpoint written = CheckpointReader.open(out, arena);
      assertThat(written.roles().keySet()).containsExactlyElementsOf(original.roles().keySet());
      written
          .roles()
          .forEach((role, matrix) -> {
            float[] values = values(original.tensor(role));
            assertThat(bytes(matrix))
                .as(role)
                .isEqualTo(GgmlReference.encode(matrix.format().id(), values));
          });
    }
  }

  /** All pairs, also in memory: what is measured without a file is what the file gives. */
  @ParameterizedTest
  @MethodSource("pairs")
  void whatIsMeasuredInMemoryIsWhatTheFileGives(QuantFormat format, QuantMethod method)
      throws IOException {
    Quantizer quantizer = quantizer(format, method);
    byte[] utf8 = Files.readAllBytes(text);
    quantizer.write(out);
    Evaluation inMemory = quantizer.evaluate(utf8, WINDOWS, ModelOptions.DEFAULT);
    try (Model loaded = Model.load(out)) {
      assertThat(Perplexity.evaluate(loaded, utf8, WINDOWS)).isEqualTo(inMemory);
      int[] bos = {1};
      assertThat(loaded.generate(bos).maxTokens(2).temperature(0).result().tokens())
          .hasSizeBetween(0, 2);
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void bytesDoNotDependOnTheThreads(QuantFormat format, QuantMethod method) throws IOException {
    Quantizer quantizer = quantizer(format, method);
    quantizer.threads(1).write(out);
    Path others = folder.resolve("others.gguf");
    quantizer.threads(3).write(others);
    assertThat(others).hasSameBinaryContentAs(out);
  }

  @Test
  void betterMethodsAreNearer() throws IOException {
    for (QuantFormat format : new QuantFormat[] {QuantFormat.GGUF_Q4_0, QuantFormat.GGUF_TQ2_0}) {
      QuantMethod better =
          format == QuantFormat.GGUF_Q4_0 ? QuantMethod.SEARCH : QuantMethod.FITTED;
      double port = quantizer(format, QuantMethod.PORT).write(out).relativeRmse();
      assertThat(quantizer(format, better).write(out).relativeRmse()).isLessThan(port);
    }
  }

  @Test
  void columnsThatDoNotFitFallBackAndAreListed() throws IOException {
    assertThat(types(QuantFormat.GGUF_TQ2_0, QuantHead.OWN))
        .containsExactly("f32", "q4_0 w2", "tq2_0");
    assertThat(types(QuantFormat.GGUF_Q4_0, QuantHead.Q8_0)).containsExactly("f32", "q4_0", "q8_0");
    useHiddenDim(300);
    assertThat(types(QuantFormat.GGUF_TQ2_0, QuantHead.F16))
        .containsExactly("f16", "f16 w2", "f32", "tq2_0");
    assertThat(types(QuantFormat.GGUF_Q8_0, QuantHead.OWN))
        .containsExactly("f16 w2", "f32", "q8_0");
  }

  /** The types of the file, and behind them the kinds of matrices that the report lists. */
  private Stream<String> types(QuantFormat format, QuantHead head) throws IOException {
    QuantReport report = Quantizer.from(in).format(format).head(head).write(out);
    Stream<String> matrices =
        report.tensors().stream()
            .map(t -> t.type() + (t.fallback() ? " " + t.name().split("\\.")[2] : ""));
    Stream<String> stored =
        ModelInspector.inspect(out).tensors().stream()
            .filter(TensorInfo::isNorm)
            .map(TensorInfo::type);
    return Stream.concat(matrices, stored).collect(Collectors.toSet()).stream().sorted();
  }

  @Test
  void metadataSayWhatTheModelIs() throws IOException {
    Quantizer.from(in).format(QuantFormat.GGUF_Q8_0).write(out);
    Inspection before = ModelInspector.inspect(in);
    Inspection after = ModelInspector.inspect(out);
    assertThat(after.config()).isEqualTo(before.config());
    assertThat(after.parameters()).isEqualTo(before.parameters());
    try (Model original = Model.load(in);
        Model written = Model.load(out)) {
      assertThat(written.tokenizer().orElseThrow().encode("abc hij"))
          .isEqualTo(original.tokenizer().orElseThrow().encode("abc hij"));
      assertThat(written.tokenizer().orElseThrow().isEndOfText(1)).isTrue();
    }
  }

  @Test
  void aGgufFileIsWrittenAgainWithItsMetadata() throws IOException {
    Quantizer.from(in).format(QuantFormat.GGUF_Q8_0).head(QuantHead.F16).write(out);
    Path again = folder.resolve("again.gguf");
    Quantizer.from(out).format(QuantFormat.GGUF_Q8_0).head(QuantHead.F16).write(again);
    // Q8_0 of values of Q8_0, and the same keys in the same order.
    assertThat(again).hasSameBinaryContentAs(out);
  }

  @Test
  void saysWhatCannotBe() throws IOException {
    Files.delete(tokenizer);
    assertThatThrownBy(() -> Quantizer.from(in).format(QuantFormat.GGUF_Q8_0).write(out))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("has no tokenizer, which a GGUF file must hold");
    Quantizer named = Quantizer.from(in).tokenizer(writeTokenizer()).format(QuantFormat.GGUF_Q8_0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> named.head(QuantHead.KEEP).write(out))
        .withMessage("files of format gguf_q8_0 cannot have head keep");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> named.format(QuantFormat.INT4).head(QuantHead.Q8_0).write(out))
        .withMessage("files of format int4 cannot have head q8_0");
    assertThat(out).doesNotExist();
    named.write(out);
    assertThatThrownBy(() -> Quantizer.from(out).format(QuantFormat.INT4).write(in))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("use a gguf format, or eval --quantize");
    assertThatThrownBy(() -> Converter.from(out).to(ConvertFormat.V0).write(in))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("a llama2.c model to convert");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Quantizer.from(out).format(QuantFormat.GGUF_Q4_0).write(out))
        .withMessageContaining("is the model file itself");
    Path ternary = folder.resolve("ternary.gguf");
    named.format(QuantFormat.GGUF_TQ2_0).write(ternary);
    assertThatThrownBy(() -> Quantizer.from(ternary).format(QuantFormat.GGUF_Q4_0).write(out))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("tq2_0 weights in layers.0.wq");
  }

  private Path writeTokenizer() throws IOException {
    return TinyModel.writeTokenizer(folder.resolve("letters.tok"), VOCAB_SIZE);
  }

  @Test
  void whatIsNoNumberOrTooLargeIsNamed() throws IOException {
    model.values("w2")[3 * 320 + 7] = Float.NaN;
    model.write(in);
    for (QuantFormat format : formats().toList()) {
      assertThatThrownBy(() -> Quantizer.from(in).format(format).write(out))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("layers.0.w2")
          .hasMessageContaining("row 3, column 7");
    }
    model.values("w2")[3 * 320 + 7] = 1e38f;
    model.write(in);
    for (QuantFormat format : formats().toList()) {
      assertThatThrownBy(() -> Quantizer.from(in).format(format).write(out))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("layers.0.w2 has weights too large for");
    }
    assertThat(out).doesNotExist();
  }

  /** Formats of the original in memory, with the embedding as it is or rounded too. */
  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V2"})
  void theOriginalsFormatsAreMeasuredToo(QuantFormat format) throws IOException {
    byte[] utf8 = Files.readAllBytes(text);
    Quantizer quantizer = Quantizer.from(in).format(format);
    Evaluation inMemory = quantizer.evaluate(utf8, WINDOWS, ModelOptions.DEFAULT);
    Evaluation kept = quantizer.head(QuantHead.KEEP).evaluate(utf8, WINDOWS, ModelOptions.DEFAULT);
    quantizer.write(out);
    try (Model loaded = Model.load(out)) {
      assertThat(Perplexity.evaluate(loaded, utf8, WINDOWS)).isEqualTo(inMemory);
    }
    assertThat(kept.meanNll()).isNotEqualTo(inMemory.meanNll());
  }

  private static float[] values(Matrix matrix) {
    float[] all = new float[matrix.rows() * matrix.cols()];
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      System.arraycopy(row, 0, all, r * row.length, row.length);
    }
    return all;
  }

  private static byte[] bytes(Matrix matrix) {
    long from = matrix.format().byteSize(matrix.firstRow(), matrix.cols());
    byte[] all = matrix.data().toArray(ValueLayout.JAVA_BYTE);
    int size = (int) matrix.format().byteSize(matrix.rows(), matrix.cols());
    return Arrays.copyOfRange(all, (int) from, (int) from + size);
  }
}
