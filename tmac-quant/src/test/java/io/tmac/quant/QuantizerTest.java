package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class QuantizerTest {
  @TempDir Path folder;
  private V0Model model;
  private Path out;

  @BeforeEach
  void makeModel() {
    // Stacks of several chunks; rows, and layers too, begin inside blocks and bytes.
    model = V0Model.random(84, 427, 3, 1901, false, new Random(1));
    out = folder.resolve("out");
  }

  /** All pairs of the original's formats but those that need a calibration text. */
  static Stream<Arguments> pairs() {
    return OriginalQuantizer.FORMATS.stream()
        .flatMap(format ->
            format.methods().stream()
                .filter(method -> method != QuantMethod.GPTQ)
                .map(method -> Arguments.of(format, method)));
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void portsEncodeChunkByChunkWhatTheOriginalEncodesWhole(QuantFormat format) throws IOException {
    Quantizer.from(write()).format(format).write(out);
    assertThat(out).hasBinaryContent(OriginalQuantizer.file(model, format));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void bytesAndQualityDoNotDependOnTheThreads(QuantFormat format, QuantMethod method)
      throws IOException {
    Quantizer quantizer = Quantizer.from(write()).format(format).method(method);
    List<TensorQuality> quality = quantizer.threads(1).write(out).tensors();
    for (int threads = 2; threads <= 3; threads++) {
      Path other = folder.resolve("other");
      assertThat(quantizer.threads(threads).write(other).tensors()).isEqualTo(quality);
      assertThat(other).hasSameBinaryContentAs(out);
    }
  }

  /** The report against the values that the library reads from the file. */
  @ParameterizedTest
  @MethodSource("pairs")
  void reportsTheQualityOfWhatIsInTheFile(QuantFormat format, QuantMethod method)
      throws IOException {
    Path in = write();
    QuantReport report = Quantizer.from(in).format(format).method(method).write(out);

    assertThat(report.input()).isEqualTo(in);
    assertThat(report.output()).isEqualTo(out);
    assertThat(report.format()).isEqualTo(format);
    assertThat(report.method()).isEqualTo(method);
    assertThat(report.inputBytes()).isEqualTo(Files.size(in));
    assertThat(report.outputBytes()).isEqualTo(Files.size(out));
    assertThat(report.tensors())
        .extracting(q -> new TensorInfo(q.name(), format.id(), q.rows(), q.cols(), q.bytes()))
        .containsExactlyElementsOf(
            ModelInspector.inspect(out).tensors().stream()
                .filter(tensor -> !tensor.type().equals("f32"))
                .toList());
    for (TensorQuality tensor : report.tensors()) {
      float[] before = Floats.of(in, tensor.name(), folder);
      float[] after = Floats.of(out, tensor.name(), folder);
      double error = 0;
      double square = 0;
      double product = 0;
      double afterSquare = 0;
      for (int i = 0; i < before.length; i++) {
        error += Math.pow((double) before[i] - after[i], 2);
        square += (double) before[i] * before[i];
        afterSquare += (double) after[i] * after[i];
        product += (double) before[i] * after[i];
      }
      assertThat(tensor.mse()).isCloseTo(error / before.length, within(error * 1e-12));
      assertThat(tensor.relativeRmse()).isCloseTo(Math.sqrt(error / square), within(1e-9));
      assertThat(tensor.sqnr()).isCloseTo(-10 * Math.log10(error / square), within(1e-6));
      assertThat(tensor.cosine())
          .isCloseTo(product / Math.sqrt(square * afterSquare), within(1e-9));
    }
  }

  @ParameterizedTest
  @CsvSource({"INT4, SEARCH, 0.95", "TERNARY_V2, FITTED, 0.95"})
  void theBetterMethodsLeaveLessErrorInEachTensor(
      QuantFormat format, QuantMethod method, double factor) throws IOException {
    Quantizer quantizer = Quantizer.from(write()).format(format);
    List<TensorQuality> port = quantizer.write(out).tensors();
    List<TensorQuality> better = quantizer.method(method).write(out).tensors();
    for (int i = 0; i < port.size(); i++) {
      assertThat(better.get(i).relativeRmse()).isLessThan(port.get(i).relativeRmse() * factor);
    }
  }

  /** What was quantised once is quantised without loss. */
  @ParameterizedTest
  @MethodSource("pairs")
  void isIdempotent(QuantFormat format, QuantMethod method) throws IOException {
    Quantizer.from(write()).format(format).method(method).write(out);
    Path floats = folder.resolve("floats");
    Converter.from(out).to(ConvertFormat.V0).write(floats);
    Path again = folder.resolve("again");
    QuantReport report = Quantizer.from(floats).format(format).method(method).write(again);
    assertThat(report.relativeRmse()).isZero();
    if (method != QuantMethod.SEARCH) { // several codes may mean the same values
      assertThat(again).hasSameBinaryContentAs(out);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void takesVersion1AndComputesItsRopeTables(QuantFormat format) throws IOException {
    Path v1 = folder.resolve("v1");
    Converter.from(write()).to(ConvertFormat.V1).write(v1);
    for (String table : List.of("rope_cosines", "rope_sines")) {
      float[] values = model.values(table);
      int cols = 84 / 4;
      for (int i = 0; i < values.length; i++) {
        int position = i / cols;
        float angle = position * (1 / (float) Math.pow(10000, 2f * (i % cols) / 42));
        values[i] = (float) (table.equals("rope_cosines") ? Math.cos(angle) : Math.sin(angle));
      }
    }
    Quantizer.from(v1).format(format).write(out);
    assertThat(out).hasBinaryContent(OriginalQuantizer.file(model, format));
  }

  @ParameterizedTest
  @CsvSource({"V2, INT4", "V2, TERNARY_V1", "V2, TERNARY_V2", "Q8V1, INT4", "Q8V1, TERNARY_V2"})
  void takesInt8AsTheFloatsThatItMeans(ConvertFormat int8, QuantFormat format) throws IOException {
    Path narrow = folder.resolve("int8");
    Path wide = folder.resolve("wide");
    Path expected = folder.resolve("expected");
    Converter.from(write()).to(int8).write(narrow);
    Converter.from(narrow).to(ConvertFormat.V0).write(wide);
    Quantizer.from(wide).format(format).write(expected);
    Quantizer.from(narrow).format(format).write(out);
    assertThat(out).hasSameBinaryContentAs(expected);
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void refusesWhatIsQuantisedAlready(QuantFormat format) throws IOException {
    Quantizer.from(write()).format(format).write(out);
    assertThatThrownBy(() -> Quantizer.from(out).format(format).write(folder.resolve("twice")))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContainingAll(format.id() + " weights", "convert");
    assertThat(folder.resolve("twice")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "tok_embeddings, 500, tok_embeddings, 5, 80, NaN",
    "attention_norm, 85, layers.1.attention_norm, 0, 1, NaN",
    "w2, 72000, layers.2.w2, 0, 264, Infinity",
    "wk, 3, layers.0.wk, 0, 3, -Infinity",
    "norm, 83, norm, 0, 83, NaN",
    "rope_sines, 22, rope_sines, 1, 1, NaN",
    "output, 159683, output, 1900, 83, Infinity"
  })
  void refusesWhatIsNoNumber(
      String stack, int element, String tensor, int row, int col, float value) throws IOException {
    model.values(stack)[element] = value;
    if (stack.equals("w2")) {
      model.values(stack)[element + 34_000] = value; // in a later chunk: not what is reported
    }
    Path in = write();
    Path older = Files.writeString(out, "older");
    for (Arguments pair : pairs().toList()) {
      for (int threads = 1; threads <= 3; threads++) {
        Quantizer quantizer =
            Quantizer.from(in)
                .format((QuantFormat) pair.get()[0])
                .method((QuantMethod) pair.get()[1])
                .threads(threads);
        assertThatThrownBy(() -> quantizer.write(out))
            .isInstanceOf(ModelFormatException.class)
            .hasMessageContaining("finite numbers in tensor " + tensor + ", found " + value)
            .hasMessageContaining("row " + row + ", column " + col + ";");
      }
    }
    assertThat(older).hasContent("older");
    assertThat(files()).containsExactlyInAnyOrder(in, out);
  }

  @Test
  void refusesToWriteOverTheModel() throws IOException {
    Path in = write();
    byte[] before = Files.readAllBytes(in);
    Path hard = Files.createLink(folder.resolve("hard"), in);
    Path symbolic = Files.createSymbolicLink(folder.resolve("symbolic"), in);
    Path dotted = folder.resolve("../" + folder.getFileName() + "/in");
    for (Path same : List.of(in, hard, symbolic, dotted)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Quantizer.from(in).format(QuantFormat.INT4).write(same))
          .withMessageContaining("is the model file itself");
    }
    assertThat(in).hasBinaryContent(before);
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void anInterruptLeavesNoHalfFile(QuantFormat format) throws IOException {
    Path in = write();
    Files.writeString(out, "older");
    Thread caller = Thread.currentThread();
    Quantizer quantizer =
        Quantizer.from(in)
            .format(format)
            .threads(2)
            .progress((tensor, done, total) -> {
              if (done > total / 2) {
                caller.interrupt();
              }
            });
    assertThatThrownBy(() -> quantizer.write(out)).isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue(); // and clears it
    assertThat(out).hasContent("older");
    assertThat(files()).containsExactlyInAnyOrder(in, out);
  }

  @Test
  void aListenerThatThrowsLeavesNoHalfFile() throws IOException {
    Path in = write();
    Quantizer quantizer =
        Quantizer.from(in)
            .format(QuantFormat.INT4)
            .progress((tensor, done, total) -> {
              throw new IllegalStateException("stop");
            });
    assertThatThrownBy(() -> quantizer.write(out)).hasMessage("stop");
    assertThat(files()).containsExactly(in);
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void tellsProgressUpToTheEnd(QuantFormat format) throws IOException {
    List<Long> done = new ArrayList<>();
    List<String> tensors = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Quantizer.from(write())
        .format(format)
        .threads(1)
        .progress((tensor, elements, total) -> {
          tensors.add(tensor);
          done.add(elements);
          totals.add(total);
        })
        .write(out);
    assertThat(done).isSorted();
    assertThat(totals).containsOnly(done.getLast());
    assertThat(tensors).startsWith("tok_embeddings").endsWith("output").contains("layers.1.w2");
  }

  @Test
  void otherPairsAreRefusedWithThoseThatExist() throws IOException {
    Path in = write();
    for (QuantFormat format : QuantFormat.values()) {
      for (QuantMethod method : QuantMethod.values()) {
        if (!format.methods().contains(method)) {
          assertThatIllegalArgumentException()
              .isThrownBy(() -> Quantizer.from(in).format(format).method(method).write(out))
              .withMessageContaining(format.id() + " has no method " + method.id())
              .withMessageContaining("it has port");
        }
      }
    }
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesIncompleteOrders() throws IOException {
    Quantizer quantizer = Quantizer.from(write());
    assertThatIllegalStateException()
        .isThrownBy(() -> quantizer.write(out))
        .withMessageContaining("no format");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> quantizer.format(QuantFormat.TERNARY_V2).method(QuantMethod.GPTQ).write(out))
        .withMessageContaining("calibration text");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> quantizer.threads(0))
        .withMessageContaining("threads must be at least 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> QuantFormat.of("int5"))
        .withMessage(
            "no format int5; there are int4, ternary_v1, ternary_v2, gguf_q4_0, gguf_q8_0,"
                + " gguf_tq2_0");
    assertThatThrownBy(
            () -> quantizer.format(QuantFormat.INT4).write(folder.resolve("missing/out")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("there is no such folder");
  }

  private Path write() throws IOException {
    return model.write(folder.resolve("in"));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
