package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tmac.Activations;
import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.Session;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** GGUF output against files and numbers of other programs. */
class GgufGoldenTest {
  @TempDir Path folder;

  /** llama.cpp's own quantiser made the expected file. */
  @ParameterizedTest
  @CsvSource({"GGUF_Q4_0, q4_0", "GGUF_Q8_0, q8_0"})
  void tensorsAreThoseOfLlamaCpp(QuantFormat format, String type) throws IOException {
    Path expected = Shared.path("vectors/public/gguf/stories260K-" + type + ".gguf");
    Path out = folder.resolve("out.gguf");
    stories().format(format).head(QuantHead.OWN).write(out);
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint theirs = CheckpointReader.open(expected, arena);
      Checkpoint ours = CheckpointReader.open(out, arena);
      assertThat(ours.config()).isEqualTo(theirs.config());
      assertThat(ours.tensors().keySet()).hasSameElementsAs(theirs.tensors().keySet());
      theirs
          .tensors()
          .forEach((name, matrix) -> {
            assertThat(ours.tensors().get(name).format()).isEqualTo(matrix.format());
            assertThat(ours.tensors().get(name).data().mismatch(matrix.data())).isEqualTo(-1);
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GGUF_Q4_0", "GGUF_Q8_0", "GGUF_TQ2_0"})
  void storiesAreStillTold(String format) throws IOException {
    Path out = folder.resolve("out.gguf");
    stories().format(QuantFormat.valueOf(format)).write(out);
    try (Model model = Model.load(out)) {
      String text = model.generate("Once upon a time").maxTokens(60).temperature(0).result().text();
      assertThat(text).startsWith(", there was a little girl named L");
    }
  }

  /** Half floats lose little, eight bits nothing that shows. */
  @ParameterizedTest
  @ValueSource(
      strings = {"llama3_rope", "llama_sharded", "mistral_headdim", "qwen2", "qwen3", "smollm2"})
  void foldersKeepTheirLogits(String name) throws IOException {
    Path model = Shared.path("vectors/public/hf/" + name);
    JsonNode expected = Shared.json("vectors/public/hf/" + name + "/expected.json");
    Path out = folder.resolve("out.gguf");
    Quantizer.from(model).format(QuantFormat.GGUF_Q8_0).head(QuantHead.F16).write(out);
    int[] ids = expected.get("ids").valueStream().mapToInt(JsonNode::asInt).toArray();
    ModelOptions options = ModelOptions.DEFAULT.withActivations(Activations.F32);
    try (Model loaded = Model.load(out, options);
        Model original = Model.load(model, options);
        Session session = loaded.newSession()) {
      session.logits(
          ids,
          (position, logits) -> {
            JsonNode wanted = expected.get("logits_first64").get(String.valueOf(position));
            for (int i = 0; wanted != null && i < 64; i++) {
              assertThat((double) logits[i]).isCloseTo(wanted.get(i).asDouble(), within(0.03));
            }
          });
      String text = "Once upon a time, there was a 1234 dog.\n\nHe said: \"H\u00e9llo!\"";
      assertThat(loaded.tokenizer().orElseThrow().encode(text))
          .isEqualTo(original.tokenizer().orElseThrow().encode(text));
      assertThat(loaded.info().contextLength()).isEqualTo(original.info().contextLength());
    }
  }

  /** What is read from GGUF is what the tokenizer and the chat template were. */
  @Test
  void aGgufFileKeepsItsTokenizer() throws IOException {
    Path in = Shared.path("vectors/public/gguf/stories260K-f16.gguf");
    Path out = folder.resolve("out.gguf");
    Quantizer.from(in).format(QuantFormat.GGUF_Q8_0).write(out);
    try (Model before = Model.load(in);
        Model after = Model.load(out)) {
      String text = "Lily and \u00fc <s> dogs";
      assertThat(after.tokenizer().orElseThrow().encode(text))
          .isEqualTo(before.tokenizer().orElseThrow().encode(text));
    }
  }

  private static Quantizer stories() {
    return Quantizer.from(Shared.path("models/stories260K/stories260K.bin"))
        .tokenizer(Shared.path("models/stories260K/tok512.bin"));
  }
}
