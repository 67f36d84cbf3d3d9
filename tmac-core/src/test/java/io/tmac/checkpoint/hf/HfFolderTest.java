package io.tmac.checkpoint.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.ModelFormatException;
import io.tmac.RopeScaling;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.format.PackedTernary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each key of config.json means, and what is refused. */
class HfFolderTest {
  @TempDir Path path;

  @Test
  void keysThatAreAbsentHaveTheirDefaults() throws IOException {
    ModelConfig config = llama().read().config();
    assertThat(config)
        .isEqualTo(
            new ModelConfig(8, 12, 1, 2, 2, 4, 10, 2048, 1e4f, 1e-6)
                .withRopePairs(RopePairs.HALVES));
  }

  @Test
  void allKeysAreRead() throws IOException {
    TinyFolder folder = llama();
    folder.config.put("num_key_value_heads", "1");
    folder.config.put("head_dim", "6");
    folder.config.put("rms_norm_eps", "1e-05");
    folder.config.put("rope_theta", "500000.0");
    folder.config.put("max_position_embeddings", "77");
    folder.floats("model.layers.0.self_attn.q_proj.weight", 12, 8);
    folder.floats("model.layers.0.self_attn.k_proj.weight", 6, 8);
    folder.floats("model.layers.0.self_attn.v_proj.weight", 6, 8);
    folder.floats("model.layers.0.self_attn.o_proj.weight", 8, 12);
    assertThat(folder.read().config())
        .isEqualTo(
            new ModelConfig(8, 12, 1, 2, 1, 6, 10, 77, 5e5f, 1e-5).withRopePairs(RopePairs.HALVES));
  }

  @Test
  void tensorsHaveTheirStoredNamesAndRoles() throws IOException {
    Checkpoint checkpoint = llama().read();
    assertThat(checkpoint.architecture()).isEqualTo("llama");
    assertThat(checkpoint.tensors()).containsKey("model.layers.0.mlp.down_proj.weight");
    assertThat(checkpoint.tensor("layers.0.w2").name())
        .isEqualTo("model.layers.0.mlp.down_proj.weight");
    assertThat(checkpoint.find("layers.0.q_norm")).isEmpty();
    assertThat(checkpoint.classifierName()).isEqualTo(Checkpoint.EMBEDDING);
  }

  @Test
  void aTiedModelIgnoresTheTensorOfItsClassifier() throws IOException {
    TinyFolder folder = llama();
    folder.floats("lm_head.weight", 10, 8);
    assertThat(folder.read().classifierName()).isEqualTo(Checkpoint.EMBEDDING);
    folder.config.remove("tie_word_embeddings");
    assertThat(folder.read().classifierName()).isEqualTo(Checkpoint.OUTPUT);
  }

  @Test
  void ropeScalingHasOldAndNewKeys() throws IOException {
    TinyFolder folder = llama();
    folder.config.put("rope_scaling", "{\"type\":\"linear\",\"factor\":4}");
    assertThat(folder.read().config().ropeScaling()).isEqualTo(new RopeScaling.Linear(4));
    folder.config.put("rope_scaling", "null");
    assertThat(folder.read().config().ropeScaling()).isEqualTo(new RopeScaling.None());
    folder.config.remove("rope_scaling");
    folder.config.put(
        "rope_parameters",
        """
        {"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":64,"rope_theta":123.0}\
        """);
    ModelConfig config = folder.read().config();
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 64));
    assertThat(config.ropeTheta()).isEqualTo(123);
    folder.config.put("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":5.0}");
    assertThat(folder.read().config().ropeScaling()).isEqualTo(new RopeScaling.None());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mistral | sliding_window | 7     | 7",
        "mistral | sliding_window | null  | 0",
        "mistral | other          | 1     | 4096",
        "llama   | other          | 1     | 0",
      })
  void windowsAreMistrals(String type, String key, String value, int window) throws IOException {
    TinyFolder folder = new TinyFolder(path, type);
    folder.config.put(key, value);
    assertThat(folder.read().config().slidingWindow()).isEqualTo(window);
  }

  @Test
  void qwenHasAWindowIfItSaysSo() throws IOException {
    TinyFolder folder = qwen2();
    folder.config.put("sliding_window", "5");
    assertThat(folder.read().config().slidingWindow()).isZero();
    folder.config.put("use_sliding_window", "true");
    folder.config.put("max_window_layers", "0");
    assertThat(folder.read().config().slidingWindow()).isEqualTo(5);
    folder.config.put("max_window_layers", "1");
    assertUnsupported(folder, "max_window_layers");
    folder.config.put("layer_types", "[\"full_attention\",\"sliding_attention\"]");
    assertUnsupported(folder, "layer_types");
  }

  @Test
  void qwen2MustHaveItsBiases() throws IOException {
    TinyFolder folder = qwen2();
    assertThat(folder.read().find("layers.0.wk_bias")).isPresent();
    folder.tensors.remove("model.layers.0.self_attn.k_proj.bias");
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(folder::read)
        .withMessageContaining("model.layers.0.self_attn.k_proj.bias");
  }

  @ParameterizedTest
  @CsvSource({"autobitlinear, 0.5, 0.5", "bitlinear, 0.5, 2"})
  void scalesOfPackedWeightsMultiplyOrDivide(String linear, float scale, float factor)
      throws IOException {
    TinyFolder folder = llama();
    folder.pack(scale);
    folder.config.put(
        "quantization_config", "{\"quant_method\":\"bitnet\",\"linear_class\":\"" + linear + "\"}");
    Checkpoint checkpoint = folder.read();
    assertThat(checkpoint.config().int8Inputs()).isTrue();
    assertThat(checkpoint.tensor("layers.0.w1").format()).isEqualTo(new PackedTernary(factor));
    float[] row = new float[TinyFolder.DIM];
    checkpoint.tensor("layers.0.wq").decodeRow(2, row); // The second quarter: code 0.
    assertThat(row).containsOnly(-factor);
    checkpoint.verify();
  }

  @Test
  void allMatricesOfAPackedModelArePacked() throws IOException {
    TinyFolder folder = llama();
    folder.pack(1);
    folder.floats("model.layers.0.mlp.down_proj.weight", 8, 12);
    folder.tensors.remove("model.layers.0.mlp.down_proj.weight_scale");
    folder.config.put("quantization_config", "{\"quant_method\":\"bitnet\"}");
    assertUnsupported(folder, "packed");
  }

  @Test
  void bitNetHasSubNormsAndItsOwnGate() throws IOException {
    TinyFolder folder = new TinyFolder(path, "bitnet");
    folder.pack(1);
    folder.floats("model.layers.0.self_attn.attn_sub_norm.weight", 8);
    folder.floats("model.layers.0.mlp.ffn_sub_norm.weight", 12);
    folder.config.put(
        "quantization_config", "{\"quant_method\":\"bitnet\",\"linear_class\":\"autobitlinear\"}");
    ModelConfig config = folder.read().config();
    assertThat(config.gate()).isEqualTo(Gate.SQUARED_RELU);
    assertThat(config.ropeTheta()).isEqualTo(500000);
    assertThat(config.rmsNormEps()).isEqualTo(1e-5);
  }

  /** Keys that would change the model if they were ignored. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model_type          | \"gemma2\"",
        "hidden_act          | \"gelu\"",
        "rope_scaling        | {\"rope_type\":\"yarn\",\"factor\":2.0}",
        "rope_scaling        | {\"type\":\"dynamic\",\"factor\":2.0}",
        "rope_scaling        | {\"factor\":2.0}",
        "partial_rotary_factor | 0.5",
        "quantization_config | {\"quant_method\":\"awq\"}",
      })
  void whatIsNotSupportedIsNamed(String key, String value) {
    TinyFolder folder = llama();
    folder.config.put(key, value);
    assertUnsupported(folder, "config.json");
  }

  @Test
  void tensorsWithoutAUseAreNotIgnoredInLayers() {
    TinyFolder folder = llama();
    folder.floats("model.layers.0.self_attn.o_proj.bias", 8);
    assertUnsupported(folder, "o_proj.bias");
    folder.tensors.remove("model.layers.0.self_attn.o_proj.bias");
    folder.floats("model.layers.1.input_layernorm.weight", 8);
    assertUnsupported(folder, "model.layers.1.input_layernorm.weight");
  }

  @Test
  void endTokensComeFromTheGenerationConfig() throws IOException {
    TinyFolder folder = llama();
    folder.config.put("eos_token_id", "2");
    folder.config.put("bos_token_id", "1");
    assertThat(tokenizer(folder).eosIds()).containsExactly(2);
    Files.writeString(path.resolve("generation_config.json"), "{\"eos_token_id\":[3,4,999]}");
    assertThat(tokenizer(folder).eosIds()).isEqualTo(List.of(3, 4));
    assertThat(tokenizer(folder).bosId()).hasValue(1);
    assertThat(tokenizer(folder).folder()).isEqualTo(path);
  }

  @Test
  void aFolderWithAConfigIsAModelByItself() throws IOException {
    llama().write();
    assertThat(ModelFiles.resolve(path)).isEqualTo(path);
    Files.delete(path.resolve("model.safetensors"));
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> CheckpointReader.open(ModelFiles.resolve(path), null))
        .withMessageContaining("model.safetensors");
  }

  private TinyFolder llama() {
    return new TinyFolder(path, "llama");
  }

  private TinyFolder qwen2() {
    TinyFolder folder = new TinyFolder(path, "qwen2");
    for (String projection : new String[] {"q", "k", "v"}) {
      folder.floats("model.layers.0.self_attn." + projection + "_proj.bias", 8);
    }
    return folder;
  }

  private static TokenizerSource.Folder tokenizer(TinyFolder folder) throws IOException {
    return (TokenizerSource.Folder) folder.read().tokenizer().orElseThrow();
  }

  private static void assertUnsupported(TinyFolder folder, String named) {
    assertThatExceptionOfType(UnsupportedModelException.class)
        .isThrownBy(folder::read)
        .withMessageContaining(named);
  }
}
