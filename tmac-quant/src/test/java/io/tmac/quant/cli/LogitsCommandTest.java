package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.quant.Shared;
import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LogitsCommandTest {
  @TempDir Path folder;

  @Test
  void agreesWithTheReferenceAtAllPositions() {
    Path model = Shared.path("models/stories260K/stories260K.bin");
    JsonNode reference = Shared.json("vectors/public/stories260K/reference.json");
    String tokens =
        reference
            .get("nll_ids")
            .valueStream()
            .map(JsonNode::asString)
            .collect(Collectors.joining(","));

    Console.Result result = Console.run("logits", model, "--tokens", tokens, "--json");

    assertThat(result.err()).isEmpty();
    JsonNode positions = Json.MAPPER.readTree(result.out()).get("positions");
    JsonNode expected = reference.at("/formats/f32/sequences/nll_text");
    JsonNode argmax = expected.get("argmax_all");
    assertThat(positions.size()).isEqualTo(argmax.size());
    for (int i = 0; i < argmax.size(); i++) {
      assertThat(positions.get(i).get("position").intValue()).isEqualTo(i);
      assertThat(positions.get(i).get("argmax").intValue()).isEqualTo(argmax.get(i).intValue());
    }
    for (var entry : expected.get("positions").properties()) {
      JsonNode logits = positions.get(Integer.parseInt(entry.getKey())).get("logits");
      JsonNode wanted = entry.getValue().get("logits64");
      assertThat(logits.size()).isEqualTo(64);
      for (int i = 0; i < 64; i++) {
        assertThat(logits.get(i).doubleValue())
            .isCloseTo(wanted.get(i).doubleValue(), within(1e-3));
      }
    }
  }

  /** No tokenizer lies beside this model. */
  @Test
  void numbersReadBackExactly() throws IOException {
    Path file = TinyModel.write(folder.resolve("model.bin"));
    Console.Result result =
        Console.run("logits", file, "--tokens", "1, 5", "--first", 0, "--json", "--threads", 1);
    JsonNode positions = Json.MAPPER.readTree(result.out()).get("positions");
    try (Model model = Model.load(file);
        Session session = model.newSession()) {
      float[][] logits = session.logits(new int[] {1, 5});
      for (int position = 0; position < 2; position++) {
        JsonNode printed = positions.get(position).get("logits");
        assertThat(printed).hasSize(TinyModel.VOCAB_SIZE);
        for (int i = 0; i < TinyModel.VOCAB_SIZE; i++) {
          assertThat(Float.parseFloat(printed.get(i).asString())).isEqualTo(logits[position][i]);
        }
      }
    }
  }

  @Test
  void printsTheFirstOnes() throws IOException {
    Path file = TinyModel.write(folder.resolve("model.bin"));
    String out = Console.run("logits", file, "--tokens", "1,2", "--first", 3, "--json").out();
    JsonNode positions = Json.MAPPER.readTree(out).get("positions");
    assertThat(positions).hasSize(2);
    assertThat(positions.get(1).propertyNames()).containsExactly("position", "argmax", "logits");
    assertThat(positions.get(1).get("logits")).hasSize(3);
    assertThat(Console.run("logits", file, "--tokens", "1,2").out())
        .hasLineCount(2 * (1 + TinyModel.VOCAB_SIZE / 8))
        .startsWith("position 0: token 1, argmax ");
  }

  @Test
  void nullStandsForWhatJsonHasNoNumberFor() {
    Console.Result result =
        Console.run(
            "logits",
            Shared.path("vectors/public/quantizers/e_nan.bin"),
            "--tokens",
            "1",
            "--json");
    JsonNode logits = Json.MAPPER.readTree(result.out()).at("/positions/0/logits");
    assertThat(logits.valueStream()).isNotEmpty().anyMatch(JsonNode::isNull);
  }
}
