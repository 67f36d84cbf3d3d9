package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSizeTest {
  @TempDir Path folder;

  @Test
  void countsHeaderAndTablesInTheFileOnly() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    ModelSize size = ModelSize.of(ModelInspector.inspect(model));
    assertThat(size.source()).endsWith("model.bin");
    assertThat(size.format()).isEqualTo("llama2.c v0");
    assertThat(size.type()).isEqualTo("f32");
    assertThat(size.matrixBits()).isEqualTo(32);
    assertThat(size.parameters()).isEqualTo(TinyModel.firstFloat(11));
    assertThat(size.fileBits()).isEqualTo(8.0 * size.fileBytes() / TinyModel.firstFloat(11));
    assertThat(size.ratio(size)).isEqualTo(1);
  }

  @Test
  void namesTheTypeOfMostWeights() throws IOException {
    String folder = "vectors/public/quantizers/P3_numpy_2.4.2/";
    ModelSize tm2 = size(folder + "stories260K.tm2.bin");
    assertThat(tm2.type()).isEqualTo("ternary_v2");
    // A float16 per row of 64 columns (w2: 172) beside 2 bits per weight.
    int longRows = 5 * 64;
    int rows = 512 + 5 * (64 + 32 + 32 + 64 + 172 + 172);
    double weights = rows * 64 + longRows * 172;
    assertThat(tm2.matrixBits()).isCloseTo(2 + 16 * (rows + longRows) / weights, within(1e-12));
    assertThat(size(folder + "stories260K.q4.bin").matrixBits()).isCloseTo(4.5, within(1e-2));
    assertThat(tm2.ratio(size("models/stories260K/stories260K.bin"))).isEqualTo(1056540.0 / 91165);
  }

  private static ModelSize size(String shared) throws IOException {
    return ModelSize.of(ModelInspector.inspect(Shared.path(shared)));
  }
}
