package io.tmac.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.testing.GgufBytes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the metadata of a GGUF file says of the shape of a model of two layers. */
class GgufArchitectureTest {

  @Test
  void takesAValueForEachLayerIfAllAreEqual() {
    ModelConfig config = config("attention.head_count_kv", 2, 2);
    assertThat(config.kvHeads()).isEqualTo(2);
    assertThat(config("attention.head_count", 4, 4).heads()).isEqualTo(4);
    assertThat(config("feed_forward_length", 24, 24).hiddenDim()).isEqualTo(24);
    assertThatThrownBy(() -> config("attention.head_count_kv", 2, 1))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining(
            "layers that are alike, found llama.attention.head_count_kv = [2, 1]");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void refusesAnotherNumberOfValuesThanLayers(int count) {
    int[] values = new int[count];
    Arrays.fill(values, 2);
    assertThatThrownBy(() -> config("attention.head_count_kv", values))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("llama.attention.head_count_kv to be an integer, or 2, one for each")
        .hasMessageContaining("found an array of " + count);
  }

  @ParameterizedTest
  @ValueSource(strings = {"block_count", "embedding_length", "context_length"})
  void refusesArraysOfWhatAModelHasOnce(String key) {
    assertThatThrownBy(() -> config(key, 2, 2))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("llama." + key + " to be an integer, found an array of 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "bitnet-b1.58"})
  void anyFamilyMayHaveBiases(String name) {
    GgufArchitecture architecture = GgufArchitecture.of(file(name, Map.of(), "", new int[0]));
    assertThat(architecture.has("wq_bias")).isTrue();
    assertThat(architecture.requires("wq_bias")).isFalse();
    assertThat(architecture.has("wo_bias")).isFalse();
  }

  private static ModelConfig config(String key, int... values) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    numbers.put("block_count", 2);
    numbers.put("embedding_length", 16);
    numbers.put("context_length", 32);
    numbers.put("feed_forward_length", 24);
    numbers.put("attention.head_count", 4);
    numbers.put("attention.layer_norm_rms_epsilon", 1);
    numbers.remove(key);
    GgufFile file = file("llama", numbers, key, values);
    return GgufArchitecture.of(file).config(file, 10, Optional.empty());
  }

  private static GgufFile file(
      String architecture, Map<String, Integer> numbers, String key, int[] values) {
    GgufBytes bytes = new GgufBytes().string("general.architecture", architecture);
    numbers.forEach((name, value) -> bytes.uint32(architecture + "." + name, value));
    bytes.ints(architecture + "." + key, values);
    return GgufFile.read("test.gguf", bytes.segment());
  }
}
