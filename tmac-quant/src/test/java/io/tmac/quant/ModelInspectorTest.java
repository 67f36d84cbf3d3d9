package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {
  @TempDir Path folder;

  @Test
  void tellsShapeAndTensors() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));

    Inspection inspection = ModelInspector.inspect(model);

    assertThat(inspection.config())
        .isEqualTo(new ModelConfig(8, 12, 1, 2, 1, 4, 16, 32, 10000, 1e-5f));
    assertThat(inspection.format()).isEqualTo("llama2.c v0");
    assertThat(inspection.fileBytes()).isEqualTo(Files.size(model));
    assertThat(inspection.tensors())
        .extracting(TensorInfo::name)
        .containsExactly(
            "tok_embeddings",
            "layers.0.attention_norm",
            "layers.0.wq",
            "layers.0.wk",
            "layers.0.wv",
            "layers.0.wo",
            "layers.0.ffn_norm",
            "layers.0.w1",
            "layers.0.w2",
            "layers.0.w3",
            "norm");
    assertThat(inspection.tensors()).contains(new TensorInfo("layers.0.wk", "f32", 4, 8, 128));
    // All floats of the file but the RoPE tables.
    assertThat(inspection.parameters()).isEqualTo(TinyModel.firstFloat(11));
  }

  @Test
  void findsTheOnlyModelOfAFolder() throws IOException {
    TinyModel.write(folder.resolve("model.bin"));
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    assertThat(ModelInspector.inspect(folder).source()).endsWith("model.bin");
  }

  @Test
  void countsSharedBlocksOnce() throws IOException {
    Path model = Shared.path("vectors/public/quantizers/P3_numpy_2.4.2/stories260K.q4.bin");
    long w2 =
        ModelInspector.inspect(model).tensors().stream()
            .filter(tensor -> tensor.name().endsWith("w2"))
            .mapToLong(TensorInfo::bytes)
            .sum();
    assertThat(w2).isEqualTo(5 * 64 * 172 / 32 * 18);
  }

  @Test
  void refusesAFileThatIsCutShort() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    byte[] bytes = Files.readAllBytes(model);
    Files.write(model, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> ModelInspector.inspect(model))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("model.bin");
  }
}
