package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.TinyModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorsTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModel.write(folder.resolve("model.bin"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "unknown",
        "inspect",
        "inspect MODEL another",
        "inspect MODEL --unknown",
        "logits MODEL",
        "logits MODEL --tokens",
        "logits MODEL --tokens 1,x",
        "logits MODEL --tokens 1,,2",
        "logits MODEL --tokens 1.5",
        "logits MODEL --tokens 99999999999",
        "logits MODEL --tokens 1 --first -1",
        "logits MODEL --tokens 1 --threads 0",
        "logits MODEL --tokens 1 --threads two",
        "tokenize",
        "detokenize MODEL",
        "detokenize MODEL --tokens ,",
        "eval MODEL",
        "eval MODEL TEXT --window 1",
        "eval MODEL TEXT --stride 0",
        "eval MODEL TEXT --threads -1",
        "compare MODEL",
        "compare MODEL other.bin --picture errors.svg",
        "compare MODEL other.bin --window 1",
        "compare MODEL other.bin --threads 0",
        "dequantize MODEL norm",
        "quantize MODEL out --format int4 --passes 0",
        "quantize MODEL out --format int4 --calibration-tokens 1",
        "quantize MODEL out",
        "quantize MODEL --format int4",
        "quantize MODEL out --format int5",
        "quantize MODEL out --format int4 --method best",
        "quantize MODEL out --format int4 --method fitted",
        "quantize MODEL out --format ternary_v1 --method gptq --calibration MODEL",
        "quantize MODEL out --format ternary_v2 --method search",
        "quantize MODEL out --format ternary_v2 --method gptq",
        "quantize MODEL out --format int4 --threads 0",
        "quantize MODEL out --format int4 --report MODEL",
        "quantize MODEL out --format int4 --report ./out",
        "convert MODEL out",
        "convert MODEL out --to v3",
        "convert MODEL out --to v1 --threads x"
      })
  void usageErrorsEndWith2(String line) {
    Console.Result result = Console.run(words(line));
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).startsWith("error: ").contains("Usage: tmac-quant").contains("--help");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspect missing.bin",
        "inspect EMPTY",
        "logits missing.bin --tokens 1",
        "logits MODEL --tokens 16",
        "logits MODEL --tokens 1,-1 --json",
        "tokenize missing.bin",
        "tokenize MODEL",
        "detokenize MODEL --tokens 1",
        "eval MODEL missing.txt",
        "eval MODEL MODEL",
        "eval MODEL MODEL -z missing.bin",
        "eval MODEL EMPTY",
        "dequantize MODEL norm missing/out.f32",
        "dequantize MODEL nothing out.f32",
        "dequantize MODEL norm MODEL",
        "quantize missing.bin out --format int4",
        "quantize EMPTY out --format int4",
        "quantize MODEL missing/out --format int4",
        "quantize MODEL EMPTY --format int4",
        "quantize MODEL MODEL --format int4",
        "quantize MODEL EMPTY/out --format int4 --method search --calibration missing.txt",
        "quantize MODEL EMPTY/out --format int4 --report missing/report.json",
        "convert missing.bin out --to v1",
        "convert MODEL MODEL --to v1"
      })
  void otherErrorsEndWith1AndOneLine(String line) throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Console.Result result = Console.run(words(line.replace("EMPTY", empty.toString())));
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).startsWith("error: ").hasLineCount(1).endsWith(System.lineSeparator());
  }

  @Test
  void tooManyTokensForTheContext() {
    String tokens = "1,".repeat(TinyModel.CONTEXT_LENGTH) + "1";
    Console.Result result = Console.run("logits", model, "--tokens", tokens, "--json");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).contains("33 tokens do not fit the context of 32 tokens");
  }

  @ParameterizedTest
  @CsvSource({
    "missing.bin, no such model file",
    "'', no known magic",
  })
  void messagesSayWhichFileAndWhy(String name, String why) throws IOException {
    Path file = name.isEmpty() ? Files.write(folder.resolve("x"), new byte[64]) : Path.of(name);
    assertThat(Console.run("inspect", file).err()).contains(file.toString()).contains(why);
  }

  @Test
  void debugAddsTheStackTrace() {
    for (String[] args :
        new String[][] {{"--debug", "inspect", "none"}, {"inspect", "none", "--debug"}}) {
      Console.Result result = Console.run((Object[]) args);
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.err())
          .startsWith("error: none")
          .contains("NoSuchFileException")
          .contains("\tat io.tmac");
    }
  }

  @Test
  void aMissingArgumentIsExplained() {
    assertThat(Console.run("inspect").err()).contains("MODEL: A model file, or a folder");
  }

  @Test
  void outputThatNobodyTakesIsAnError() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("full");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]), new PrintStream(full), new PrintStream(err));
    int status = new QuantProgram().run(new String[] {"inspect", model.toString()}, streams);
    assertThat(status).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("error: standard output");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inspect",
        "logits",
        "tokenize",
        "detokenize",
        "eval",
        "dequantize",
        "quantize",
        "convert",
        "compare"
      })
  void eachCommandHasHelp(String command) {
    Console.Result result = Console.run(command, "--help");
    assertThat(result.status()).isZero();
    assertThat(result.out())
        .startsWith("Usage: tmac-quant " + command)
        .containsAnyOf("MODEL", "IN");
    assertThat(result.err()).isEmpty();
    assertThat(Console.run("--help").out()).contains("\n  " + command + " ");
  }

  @Test
  void tellsItsVersion() {
    assertThat(Console.run("--version").out()).startsWith("tmac-quant ").contains("Java 2");
  }

  private Object[] words(String line) {
    return line.isEmpty() ? new Object[0] : line.replace("MODEL", model.toString()).split(" ");
  }
}
