package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Logits with unquantised activations, against a float64 decoder over the dequantised files. */
@Tag("kernel")
class LogitsGoldenTest {
  /** Float32 sums in another order. */
  private static final double TOLERANCE = 1e-3;

  /** Without a scale attention scores are in the hundreds, and so grows their rounding. */
  private static final double UNSCALED_TOLERANCE = 2e-2;

  @ParameterizedTest
  @ValueSource(strings = {"f32", "q4v1", "tmac", "tm2", "q8v1", "llama2c_v2_gs64"})
  void ofTheStoryModel(String format) throws IOException {
    JsonNode reference = Goldens.json("stories260K/reference.json");
    JsonNode sequences = reference.get("formats").get(format).get("sequences");
    JsonNode prompts = reference.get("prompts");
    double tolerance = format.equals("tmac") ? UNSCALED_TOLERANCE : TOLERANCE;
    try (Model model = Goldens.stories(format, Goldens.F32)) {
      compare(model, reference.get("nll_ids"), sequences.get("nll_text"), "logits64", tolerance);
      for (int prompt = 0; prompt < 2; prompt++) {
        JsonNode expected = sequences.get("prompt" + prompt + "_greedy");
        JsonNode ids = prompts.get(prompt).get("greedy_ids");
        compare(model, ids, expected, "logits64", tolerance);
      }
    }
  }

  static Stream<Arguments> smallModels() {
    return Stream.of("a_gqa", "b_unshared", "c_odd")
        .flatMap(name ->
            Stream.of("f32", "q4", "tmac", "tm2", "q8v1")
                .filter(format -> name.equals("a_gqa") || !format.equals("q8v1"))
                .map(format -> Arguments.of(name, format)));
  }

  @ParameterizedTest
  @MethodSource("smallModels")
  void ofSmallModels(String name, String format) throws IOException {
    JsonNode reference = Goldens.json("quantizers/reference_logits.json").get("models").get(name);
    try (Model model = Goldens.quantizer(name, format, Goldens.F32)) {
      compare(
          model,
          reference.get("ids"),
          reference.get("formats").get(format),
          "logits_first64",
          TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stories260K.v1.bin",
        "stories260K.v2.bin",
        "b_unshared.v1.bin",
        "b_unshared.v2.bin"
      })
  void ofVersions1And2(String file) throws IOException {
    JsonNode reference = Goldens.json("llama2c_v1v2/reference.json").get(file);
    try (Model model = Goldens.export(file, Goldens.F32)) {
      compare(model, reference.get("ids"), reference, "logits_first64", TOLERANCE);
    }
  }

  static Stream<Path> huggingFaceFolders() throws IOException {
    try (Stream<Path> folders = Files.list(Shared.path("vectors/public/hf"))) {
      return folders.filter(Files::isDirectory).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("huggingFaceFolders")
  void ofHuggingFaceFolders(Path folder) throws IOException {
    JsonNode reference = Goldens.json("hf/" + folder.getFileName() + "/expected.json");
    try (Model model = Model.load(folder, Goldens.F32.withoutTokenizer())) {
      compare(model, reference.get("ids"), reference, "logits_first64", TOLERANCE);
    }
  }

  private static void compare(
      Model model, JsonNode ids, JsonNode expected, String key, double tolerance) {
    int[] tokens = Goldens.ints(ids);
    float[][] logits;
    try (Session session = model.newSession()) {
      logits = session.logits(tokens);
    }
    JsonNode positions = expected.get(key.equals("logits64") ? "positions" : key);
    for (String position : positions.propertyNames()) {
      JsonNode values = positions.get(position);
      values = values.isArray() ? values : values.get(key);
      for (int token = 0; token < values.size(); token++) {
        assertThat((double) logits[Integer.parseInt(position)][token])
            .as("position %s, token %d", position, token)
            .isCloseTo(values.get(token).asDouble(), offset(tolerance));
      }
    }
    compareArgmax(logits, expected, tolerance);
    assertThat(Goldens.meanNll(logits, tokens))
        .isCloseTo(expected.get("mean_nll").asDouble(), offset(tolerance));
  }

  /** The best token is the same, unless the reference says that two are about equally good. */
  private static void compareArgmax(float[][] logits, JsonNode expected, double tolerance) {
    int[] best = Goldens.ints(expected.get("argmax_all"));
    assertThat(best).hasSameSizeAs(logits);
    boolean clear =
        expected.has("min_top2_margin") && expected.get("min_top2_margin").asDouble() > tolerance;
    for (int position = 0; position < best.length; position++) {
      if (clear || Goldens.gap(logits[position]) > 2 * tolerance) {
        assertThat(Goldens.argmax(logits[position])).as("%d", position).isEqualTo(best[position]);
      }
    }
  }
}
