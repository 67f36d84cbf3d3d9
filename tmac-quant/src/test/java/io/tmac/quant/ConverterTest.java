package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConverterTest {
  @TempDir Path folder;
  private V0Model model;
  private Path in;
  private Path out;

  @BeforeEach
  void writeModel() throws IOException {
    model = V0Model.random(84, 427, 3, 1901, false, new Random(1));
    in = model.write(folder.resolve("in"));
    out = folder.resolve("out");
  }

  @Test
  void version0IsCopiedWithItsRopeTables() throws IOException {
    Inspection written = Converter.from(in).to(ConvertFormat.V0).write(out);
    assertThat(out).hasSameBinaryContentAs(in);
    assertThat(written).isEqualTo(ModelInspector.inspect(out));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void version1KeepsEveryTensor(boolean shared) throws IOException {
    model = V0Model.random(12, 20, 2, 33, shared, new Random(2));
    in = model.write(in);
    Inspection written = Converter.from(in).to(ConvertFormat.V1).write(out);
    assertThat(written.format()).isEqualTo("llama2.c v1");
    assertSameTensors(in, out);
    Path back = folder.resolve("back");
    Converter.from(out).to(ConvertFormat.V0).write(back);
    assertSameTensors(in, back);
    assertThat(Files.size(back)).isEqualTo(Files.size(in));
  }

  @ParameterizedTest
  @EnumSource(names = {"INT4", "TERNARY_V1", "TERNARY_V2"})
  void narrowWeightsBecomeTheFloatsThatTheyMean(QuantFormat format) throws IOException {
    Path narrow = folder.resolve("narrow");
    Quantizer.from(in).format(format).write(narrow);
    Converter.from(narrow).to(ConvertFormat.V0).write(out);
    assertSameTensors(narrow, out);
  }

  @ParameterizedTest
  @EnumSource(ConvertFormat.class)
  void bytesDoNotDependOnTheThreads(ConvertFormat format) throws IOException {
    Converter.from(in).to(format).threads(1).write(out);
    for (int threads = 2; threads <= 3; threads++) {
      Path other = folder.resolve("other");
      Converter.from(in).to(format).threads(threads).write(other);
      assertThat(other).hasSameBinaryContentAs(out);
    }
  }

  /** The exporter's groups divide dim: 84 = 21 * 4. */
  @Test
  void version2RoundsToTheNearestOf127Steps() throws IOException {
    Converter.from(in).to(ConvertFormat.V2).write(out);
    float[] before = model.values("w2");
    float[] after = Floats.of(out, "layers.1.w2", folder);
    int first = 84 * 427;
    for (int group = 0; group < after.length / 4; group++) {
      float max = 0;
      for (int i = 4 * group; i < 4 * group + 4; i++) {
        max = Math.max(max, Math.abs(before[first + i]));
      }
      float scale = max / 127;
      for (int i = 4 * group; i < 4 * group + 4; i++) {
        assertThat(after[i]).isEqualTo((float) Math.rint(before[first + i] / scale) * scale);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ConvertFormat.class)
  void refusesWhatIsNoNumber(ConvertFormat format) throws IOException {
    model.values("w3")[84 * 427 + 85] = Float.NaN;
    model.write(in);
    assertThatThrownBy(() -> Converter.from(in).to(format).write(out))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll("layers.1.w3", "NaN", "row 1, column 1;");
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesToWriteOverAFileOfTheFolder() throws IOException {
    Path folder = Files.createDirectory(in.resolveSibling("folder"));
    Files.copy(in, folder.resolve("model.bin"));
    Path other = Files.writeString(folder.resolve("tokenizer.bin"), "read too");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Converter.from(folder).to(ConvertFormat.V1).write(other))
        .withMessageContaining("would overwrite a file of");
    assertThat(other).hasContent("read too");
    Converter.from(folder).to(ConvertFormat.V1).write(folder.resolve("new.bin"));
  }

  @Test
  void refusesToWriteOverTheModel() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Converter.from(in).to(ConvertFormat.V1).write(in))
        .withMessageContaining("is the model file itself");
    assertThat(in).exists();
  }

  @Test
  void listsTheFormatsThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConvertFormat.of("v3"))
        .withMessage("no format v3; there are v0, v1, v2, q8v1");
  }

  private void assertSameTensors(Path expected, Path actual) throws IOException {
    Inspection inspection = ModelInspector.inspect(expected);
    assertThat(ModelInspector.inspect(actual).config()).isEqualTo(inspection.config());
    assertThat(ModelInspector.inspect(actual).tensors()).hasSameSizeAs(inspection.tensors());
    for (TensorInfo tensor : inspection.tensors()) {
      assertThat(Floats.of(actual, tensor.name(), folder))
          .as(tensor.name())
          .isEqualTo(Floats.of(expected, tensor.name(), folder));
    }
  }
}
