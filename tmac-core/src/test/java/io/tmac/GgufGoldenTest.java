package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.testing.Shared;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** GGUF files of all tensor types, against a float64 decoder over the dequantised weights. */
@Tag("kernel")
class GgufGoldenTest {
  private static final String FOLDER = "vectors/public/gguf/";

  /** Float32 sums in another order. */
  private static final double TOLERANCE = 1e-3;

  /** What llama.cpp's own rounding of inputs costs on these files is up to 0.29. */
  private static final double INT8_TOLERANCE = 0.25;

  static Stream<String> files() {
    return Shared.json(FOLDER + "reference.json").get("models").propertyNames().stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void logitsOfUnquantisedInputs(String file) throws IOException {
    JsonNode reference = reference(file);
    try (Model model = Model.load(Shared.path(FOLDER + file), Goldens.F32)) {
      compare(model, reference, TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void logitsOfRoundedInputs(String file) throws IOException {
    JsonNode reference = reference(file);
    try (Model model = Model.load(Shared.path(FOLDER + file), Goldens.INT8)) {
      compare(model, reference, INT8_TOLERANCE);
    }
  }

  @Test
  void versionTwoIsTheSame() throws IOException {
    byte[] bytes = Files.readAllBytes(Shared.path(FOLDER + "stories260K-f32.gguf"));
    bytes[4] = 2;
    try (Model model = Model.load(new ByteArrayInputStream(bytes), "v2.gguf", Goldens.F32)) {
      compare(model, reference("stories260K-f32.gguf"), TOLERANCE);
    }
  }

  /** The same weights in another container, with the tokenizer that it brings along. */
  @Test
  void storiesAreThoseOfTheOriginalFile() throws IOException {
    try (Model model = Model.load(Shared.path(FOLDER + "stories260K-f32.gguf"))) {
      for (JsonNode prompt : Goldens.json("stories260K/reference.json").get("prompts")) {
        List<Integer> ids = Goldens.list(prompt.get("ids"));
        List<Integer> greedy = Goldens.list(prompt.get("greedy_ids"));
        Generation generation =
            model
                .generate(prompt.get("text").asString())
                .temperature(0)
                .maxTokens(greedy.size() - ids.size())
                .result();
        assertThat(generation.tokens()).isEqualTo(greedy.subList(ids.size(), greedy.size()));
        assertThat(prompt.get("greedy_text").asString()).endsWith(generation.text());
      }
    }
  }

  private static JsonNode reference(String file) {
    return Shared.json(FOLDER + "reference.json").get("models").get(file);
  }

  private static void compare(Model model, JsonNode expected, double tolerance) {
    int[] tokens = Goldens.ints(expected.get("ids"));
    float[][] logits;
    try (Session session = model.newSession()) {
      logits = session.logits(tokens);
    }
    for (Map.Entry<String, JsonNode> position : expected.get("logits_first64").properties()) {
      float[] found = logits[Integer.parseInt(position.getKey())];
      for (int token = 0; token < position.getValue().size(); token++) {
        assertThat((double) found[token])
            .as("position %s, token %d", position.getKey(), token)
            .isCloseTo(position.getValue().get(token).asDouble(), offset(tolerance));
      }
    }
    int[] best = Goldens.ints(expected.get("argmax_all"));
    assertThat(best).hasSameSizeAs(logits);
    for (int position = 0; position < best.length; position++) {
      if (Goldens.gap(logits[position]) > 2 * tolerance) {
        assertThat(Goldens.argmax(logits[position])).as("%d", position).isEqualTo(best[position]);
      }
    }
    assertThat(Goldens.meanNll(logits, tokens))
        .isCloseTo(expected.get("mean_nll").asDouble(), offset(tolerance));
  }
}
