package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.Shared;
import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InspectCommandTest {
  @TempDir Path folder;

  @Test
  void printsOneJsonDocument() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Console.Result result = Console.run("inspect", model, "--json");
    assertThat(result.status()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .startsWith(
            """
            {"format":"llama2.c v0","architecture":"llama","config":{"dim":8,"hiddenDim":12,\
            "layers":1,"heads":2,"kvHeads":1,"headDim":4,"vocabSize":16,"contextLength":32,\
            "ropeTheta":10000.0},"tensors":[\
            {"name":"tok_embeddings","type":"f32","shape":[16,8],"bytes":512},\
            {"name":"layers.0.attention_norm","type":"f32","shape":[1,8],"bytes":32},\
            """)
        .endsWith(
            "\"name\":\"norm\",\"type\":\"f32\",\"shape\":[1,8],\"bytes\":32}],"
                + "\"fileBytes\":"
                + model.toFile().length()
                + "}\n");
  }

  @Test
  void namesOneTensorPerLayerAndTheTypeOfEach() {
    Path model = Shared.path("vectors/public/quantizers/P3_numpy_2.4.2/stories260K.tm2.bin");
    JsonNode json = Json.MAPPER.readTree(Console.run("inspect", model, "--json").out());
    assertThat(json.propertyNames())
        .containsExactly("format", "architecture", "config", "tensors", "fileBytes");
    List<JsonNode> tensors = json.get("tensors").valueStream().toList();
    assertThat(tensors).hasSize(1 + 9 * 5 + 1);
    JsonNode w3 =
        tensors.stream()
            .filter(tensor -> tensor.get("name").stringValue().equals("layers.4.w3"))
            .findFirst()
            .orElseThrow();
    // A row of 64 codes of 2 bits and a float16.
    assertThat(w3)
        .hasToString(
            "{\"name\":\"layers.4.w3\",\"type\":\"ternary_v2\",\"shape\":[172,64],\"bytes\":3096}");
  }

  @Test
  void printsATableForReaders() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    assertThat(Console.run("inspect", model).out())
        .contains("contextLength  32\n")
        .containsPattern("layers\\.0\\.w2 +f32 +8 x 12 +384\n");
  }
}
