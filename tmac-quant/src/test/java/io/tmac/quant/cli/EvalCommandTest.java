package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class EvalCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path tokenizer;
  private Path text;

  @BeforeEach
  void writeFiles() throws IOException {
    Path models = Files.createDirectory(folder.resolve("models"));
    model = TinyModel.write(models.resolve("model.bin"));
    tokenizer = TinyModel.writeTokenizer(folder.resolve("letters.bin"), TinyModel.VOCAB_SIZE);
    text = Files.writeString(folder.resolve("text.txt"), "abcdefghij");
  }

  @Test
  void printsOneJsonDocument() {
    Console.Result result =
        Console.run("eval", model, text, "-z", tokenizer, "--window", 4, "--json");
    assertThat(result.err()).isEmpty();
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.propertyNames())
        .containsExactly("tokens", "predicted", "meanNll", "perplexity");
    assertThat(json.get("tokens").intValue()).isEqualTo(11); // a space and ten letters
    assertThat(json.get("predicted").intValue()).isEqualTo(11);
    assertThat(json.get("perplexity").doubleValue())
        .isEqualTo(Math.exp(json.get("meanNll").doubleValue()));
  }

  @Test
  void printsATableForReaders() {
    assertThat(Console.run("eval", model, text, "-z", tokenizer).out())
        .startsWith("tokens      11\npredicted   11\nmean NLL    ");
  }

  @Test
  void windowsMayOverlap() {
    Console.Result result =
        Console.run("eval", model, text, "-z", tokenizer, "--window", 8, "--stride", 2, "--json");
    assertThat(Json.MAPPER.readTree(result.out()).get("predicted").intValue()).isEqualTo(11);
    assertThat(
            Console.run("eval", model, text, "-z", tokenizer, "--window", 8, "--stride", 8).err())
        .isEqualTo("error: the stride must be from 1 to the 7 text tokens of a window: 8\n");
  }

  @Test
  void theCacheMayHoldHalfFloats() {
    String full = Console.run("eval", model, text, "-z", tokenizer, "--kv", "f32").out();
    String half = Console.run("eval", model, text, "-z", tokenizer, "--kv", "f16").out();
    assertThat(full).isEqualTo(Console.run("eval", model, text, "-z", tokenizer).out());
    assertThat(half).startsWith("tokens      11\npredicted   11\nmean NLL    ");
    assertThat(Console.run("eval", model, text, "--kv", "f8").err()).contains("--kv", "f8");
  }

  @Test
  void saysHowToNameATokenizer() {
    assertThat(Console.run("eval", model, text).err()).contains("has no tokenizer").contains("-z");
  }

  @Test
  void measuresAFormatWithoutAFile() throws IOException {
    Path out = folder.resolve("model.q4");
    assertThat(Console.run("quantize", model, out, "--format", "int4", "--quiet").status())
        .isZero();
    String file = Console.run("eval", out, text, "-z", tokenizer, "--json").out();
    Object[] inMemory = {"eval", model, text, "-z", tokenizer, "--json", "--quantize", "int4"};
    assertThat(Console.run(inMemory).out()).isEqualTo(file);
    String kept =
        Console.run("eval", model, text, "-z", tokenizer, "--quantize", "int4", "--head", "keep")
            .out();
    assertThat(kept).startsWith("tokens      11\npredicted   11\nmean NLL    ");
    String calibrated =
        Console.run(
                "eval",
                model,
                text,
                "-z",
                tokenizer,
                "--quantize",
                "ternary_v2",
                "--method",
                "gptq",
                "--calibration",
                text,
                "--threads",
                1)
            .out();
    assertThat(calibrated).startsWith("tokens      11\n");
  }

  @Test
  void roundingNeedsAFormatThatGoesWithIt() {
    assertThat(Console.run("eval", model, text, "--method", "gptq").err())
        .contains("--method needs --quantize F");
    Console.Result unknown = Console.run("eval", model, text, "--quantize", "int5");
    assertThat(unknown.status()).isEqualTo(2);
    assertThat(unknown.err()).contains("no format int5; there are int4");
    assertThat(Console.run("eval", model, text, "--quantize", "int4", "--method", "gptq").err())
        .contains("--method gptq needs --calibration TEXT");
    Console.Result head =
        Console.run("eval", model, text, "-z", tokenizer, "--quantize", "int4", "--head", "f16");
    assertThat(head.err()).contains("format int4 has heads own and keep, not f16");
  }
}
