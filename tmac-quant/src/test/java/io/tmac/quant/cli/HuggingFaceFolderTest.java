package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tmac.quant.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The commands take the folder of a model, and the names that its tensors are stored under. */
class HuggingFaceFolderTest {
  private static final String FOLDERS = "vectors/public/hf/";

  @TempDir Path folder;

  @Test
  void inspectTellsStoredNamesAndShapes() {
    Path model = Shared.path(FOLDERS + "bitnet");

    Console.Result result = Console.run("inspect", model, "--json");

    assertThat(result.err()).isEmpty();
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.get("architecture").asString()).isEqualTo("bitnet");
    assertThat(json.at("/config/ropeTheta").asDouble()).isEqualTo(500000);
    JsonNode tensor = tensor(json, "model.layers.0.mlp.gate_proj.weight");
    assertThat(tensor.get("type").asString()).isEqualTo("packed_ternary");
    assertThat(tensor.get("shape").toString()).isEqualTo("[128,64]");
    assertThat(tensor.get("bytes").asInt()).isEqualTo(32 * 64);
    assertThat(tensor(json, "model.norm.weight").get("shape").toString()).isEqualTo("[1,64]");
  }

  @Test
  void inspectCountsTheBytesOfAllShards() throws IOException {
    Path model = Shared.path(FOLDERS + "llama_sharded");
    long bytes = 0;
    try (var files = Files.newDirectoryStream(model, "*.safetensors")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    }
    Console.Result result = Console.run("inspect", model, "--json");
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.get("fileBytes").asLong()).isEqualTo(bytes);
  }

  @Test
  void dequantizeTakesAStoredName() throws IOException {
    Path out = folder.resolve("out.f32");
    String name = "model.layers.1.mlp.up_proj.weight";
    Console.Result result = Console.run("dequantize", Shared.path(FOLDERS + "bitnet"), name, out);
    assertThat(result.status()).as(result.err()).isZero();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(4 * 128 * 64);
    float scale = 0;
    for (int i = 0; i < 128 * 64; i++) {
      scale = Math.max(scale, Math.abs(bytes.getFloat(4 * i)));
    }
    for (int i = 0; i < 128 * 64; i++) {
      assertThat(bytes.getFloat(4 * i)).isIn(-scale, 0f, scale);
    }
  }

  @Test
  void logitsAreThoseOfTheReference() {
    Path model = Shared.path(FOLDERS + "bitnet"); // It rounds inputs in any mode.
    JsonNode expected = Shared.json(FOLDERS + "bitnet/expected.json").at("/logits_first64/0");
    int token = Shared.json(FOLDERS + "bitnet/expected.json").at("/ids/0").asInt();
    Console.Result result = Console.run("logits", model, "--tokens", token, "--json");
    JsonNode logits = Json.MAPPER.readTree(result.out()).at("/positions/0/logits");
    for (int i = 0; i < 64; i++) {
      assertThat(logits.get(i).asDouble()).isCloseTo(expected.get(i).asDouble(), within(1e-3));
    }
  }

  @Test
  void evalUsesTheTokenizerOfTheFolder() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "Once upon a time");
    Console.Result result = Console.run("eval", Shared.path(FOLDERS + "qwen3"), text, "--json");
    assertThat(result.status()).as(result.err()).isZero();
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.get("perplexity").asDouble()).isBetween(100.0, 2000.0);
  }

  @Test
  void quantizeKeepsTheFilesOfTheFolder() throws IOException {
    Path model = Shared.path(FOLDERS + "llama_sharded");
    try (var files = Files.newDirectoryStream(model)) {
      for (Path file : files) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    for (String name : new String[] {"tokenizer.json", "config.json"}) {
      Path out = folder.resolve(name);
      Console.Result result = Console.run("quantize", folder, out, "--format", "gguf_q4_0");
      assertThat(result.status()).isNotZero();
      assertThat(result.err()).contains("would overwrite");
      assertThat(out).hasSameBinaryContentAs(model.resolve(name));
    }
    Path out = folder.resolve("new.gguf");
    Console.Result result = Console.run("quantize", folder, out, "--format", "gguf_q4_0");
    assertThat(result.status()).as(result.err()).isZero();
  }

  private static JsonNode tensor(JsonNode inspection, String name) {
    return inspection
        .get("tensors")
        .valueStream()
        .filter(tensor -> tensor.get("name").asString().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
