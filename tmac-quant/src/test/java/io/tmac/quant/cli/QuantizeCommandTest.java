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

class QuantizeCommandTest {
  @TempDir Path folder;
  private Path model;
  private Path out;

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModel.write(folder.resolve("model.bin"));
    out = folder.resolve("out.tm2");
  }

  @Test
  void writesTheModelAndPrintsATable() throws IOException {
    Console.Result result = Console.run("quantize", model, out, "--format", "ternary_v2");
    assertThat(result.status()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactly(
            "tensors",
            "tok_embeddings",
            "wq",
            "wk",
            "wv",
            "wo",
            "w1",
            "w2",
            "w3",
            "all",
            out + ":");
    assertThat(result.out()).contains("ternary_v2, method port", "layers.0.wk");
    assertThat(Console.run("inspect", out).out()).contains("TM2");
    assertThat(folder.resolve("out.tm2.quality.json")).doesNotExist();
  }

  @Test
  void printsOneJsonDocument() throws IOException {
    Console.Result result =
        Console.run("quantize", model, out, "--format", "int4", "--json", "--threads", 2);
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.propertyNames())
        .containsExactly(
            "input",
            "output",
            "format",
            "method",
            "inputBytes",
            "outputBytes",
            "seconds",
            "relativeRmse",
            "tensors",
            "layerErrors");
    assertThat(json.get("outputBytes").longValue()).isEqualTo(Files.size(out));
    JsonNode tensor = json.get("tensors").get(1);
    assertThat(tensor.propertyNames())
        .containsExactly(
            "name",
            "type",
            "fallback",
            "rows",
            "cols",
            "bytes",
            "mse",
            "meanSquare",
            "relativeRmse",
            "sqnrDb",
            "cosine");
    assertThat(tensor.get("name").stringValue()).isEqualTo("layers.0.wq");
    assertThat(tensor.get("cosine").doubleValue()).isBetween(0.99, 1.0);
  }

  @Test
  void storesTheQualityOfTheBetterMethodsBesideTheModel() throws IOException {
    Console.Result result =
        Console.run("quantize", model, out, "--format", "ternary_v2", "--method", "fitted");
    Path report = folder.resolve("out.tm2.quality.json");
    assertThat(result.out()).endsWith("quality of each tensor: " + report + "\n");
    JsonNode json = Json.MAPPER.readTree(Files.readString(report));
    assertThat(json.get("method").stringValue()).isEqualTo("fitted");
    assertThat(json.get("tensors").size()).isEqualTo(8);
  }

  @Test
  void storesTheQualityWhereItIsTold() throws IOException {
    Path report = folder.resolve("report.json");
    Console.Result result =
        Console.run("quantize", model, out, "--format", "int4", "--report", report, "--json");
    assertThat(result.out()).isEqualTo(Files.readString(report));
  }

  @Test
  void theReportOverwritesNothingThatIsRead() throws IOException {
    Path input = Files.copy(model, folder.resolve("out.quality.json"));
    byte[] bytes = Files.readAllBytes(input);
    Path text = Files.writeString(folder.resolve("text.txt"), "ab".repeat(40));
    Path link = Files.createSymbolicLink(folder.resolve("link"), input);
    Path small = folder.resolve("out");
    assertUsage("quantize", input, small, "--format", "ternary_v2", "--method", "fitted");
    assertUsage("quantize", input, small, "--format", "int4", "--report", link);
    assertUsage(
        "quantize",
        input,
        small,
        "--format",
        "int4",
        "--method",
        "search",
        "--calibration",
        text,
        "--report",
        text);
    assertThat(Files.readAllBytes(input)).isEqualTo(bytes);
    assertThat(text).hasContent("ab".repeat(40));
    assertThat(small).doesNotExist();
  }

  @Test
  void theModelOverwritesNoText() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "ab".repeat(40));
    Console.Result result =
        Console.run(
            "quantize",
            model,
            text,
            "--format",
            "int4",
            "--method",
            "search",
            "--calibration",
            text);
    assertThat(result.status()).isNotZero();
    assertThat(result.err()).contains("would overwrite");
    assertThat(text).hasContent("ab".repeat(40));
  }

  @Test
  void argumentsWithoutUseAreRefused() {
    assertUsage("quantize", model, out, "--format", "int4", "--passes", 3);
    assertUsage("quantize", model, out, "--format", "int4", "--calibration", model);
    assertUsage(
        "quantize",
        model,
        out,
        "--format",
        "int4",
        "--method",
        "search",
        "--calibration-tokens",
        9);
  }

  private static void assertUsage(Object... arguments) {
    assertThat(Console.run(arguments).status()).isEqualTo(2);
  }

  @Test
  void infiniteErrorsAreNullInJson() throws IOException {
    // Magnitudes beyond float16: the original's scale is infinite, and a weight NaN.
    byte[] bytes = Files.readAllBytes(model);
    bytes[28 + 3] = 0x7e;
    Files.write(model, bytes);
    Console.Result result = Console.run("quantize", model, out, "--format", "int4", "--json");
    assertThat(result.status()).isZero();
    JsonNode tensor = Json.MAPPER.readTree(result.out()).get("tensors").get(0);
    assertThat(tensor.get("mse").isNull()).isTrue();
  }

  @Test
  void helpTellsFormatsMethodsAndExamples() {
    assertThat(Console.run("quantize", "--help").out())
        .contains("int4", "ternary_v1", "ternary_v2", "port", "fitted", "search", "gptq")
        .contains("Default: OUT.quality.json", "Examples:");
  }

  @Test
  void convertsAndBack() throws IOException {
    Path v1 = folder.resolve("v1.bin");
    Path v0 = folder.resolve("v0.bin");
    Console.Result result = Console.run("convert", model, v1, "--to", "v1");
    assertThat(result.status()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(v1 + ": llama2.c v1, " + Files.size(v1) + " bytes\n");
    Console.run("convert", v1, v0, "--to", "v0", "--quiet", "--threads", 1);
    assertThat(Console.run("inspect", v0).out()).contains("llama2.c v0");
    assertThat(v0).hasSize(Files.size(model));
  }
}
