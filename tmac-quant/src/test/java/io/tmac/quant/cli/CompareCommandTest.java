package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tmac.quant.Shared;
import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class CompareCommandTest {
  private static final String STORIES = "models/stories260K/stories260K.bin";
  private static final String QUANTISED = "vectors/public/quantizers/P3_numpy_2.4.2/stories260K.";

  @TempDir Path folder;
  private Path reference;
  private Path changed;
  private Path text;

  @BeforeEach
  void writeFiles() throws IOException {
    reference = TinyModel.write(folder.resolve("reference.bin"));
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    text = Files.writeString(folder.resolve("text.txt"), "abcdefghij");
    byte[] bytes = Files.readAllBytes(reference);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(28 + 4 * TinyModel.firstFloat(2), 0.5f);
    changed = Files.write(folder.resolve("changed.bin"), bytes);
  }

  @Test
  void printsOneJsonDocument() {
    Console.Result result = Console.run("compare", reference, changed, "--text", text, "--json");
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    JsonNode json = Json.MAPPER.readTree(result.out());
    assertThat(json.propertyNames()).containsExactly("reference", "text", "models");
    assertThat(json.get("reference").propertyNames())
        .containsExactly(
            "source",
            "format",
            "type",
            "fileBytes",
            "parameters",
            "bitsPerWeight",
            "matrixBitsPerWeight");
    assertThat(json.get("text").propertyNames())
        .containsExactly(
            "source", "window", "stride", "tokens", "predicted", "meanNll", "perplexity");
    assertThat(json.at("/text/window").intValue()).isEqualTo(TinyModel.CONTEXT_LENGTH);
    assertThat(json.at("/text/stride").isNull()).isTrue();
    JsonNode model = json.at("/models/0");
    assertThat(model.propertyNames())
        .containsExactly(
            "source",
            "format",
            "type",
            "fileBytes",
            "parameters",
            "bitsPerWeight",
            "matrixBitsPerWeight",
            "ratio",
            "divergence",
            "kinds");
    assertThat(model.get("ratio").doubleValue()).isEqualTo(1);
    assertThat(model.get("divergence").propertyNames())
        .containsExactly("meanNll", "perplexity", "nllDifference", "kl", "topAgreement");
    assertThat(model.at("/divergence/kl").propertyNames())
        .containsExactly("mean", "median", "p99", "max");
    JsonNode wq = model.at("/kinds/2");
    assertThat(wq.propertyNames())
        .containsExactly(
            "kind", "tensors", "relativeError", "sqnr", "cosine", "minCosine", "worst");
    assertThat(wq.get("kind").stringValue()).isEqualTo("wq");
    assertThat(wq.get("relativeError").doubleValue()).isPositive();
    assertThat(wq.at("/worst/name").stringValue()).isEqualTo("layers.0.wq");
    // All others are equal: no noise, so no ratio to it.
    assertThat(model.at("/kinds/3").toString())
        .isEqualTo(
            "{\"kind\":\"wk\",\"tensors\":1,\"relativeError\":0.0,\"sqnr\":null,\"cosine\":1.0,"
                + "\"minCosine\":1.0,\"worst\":{\"name\":\"layers.0.wk\",\"relativeError\":0.0,"
                + "\"sqnr\":null,\"cosine\":1.0}}");
  }

  @Test
  void listsEachTensorAndSpeaksOfNoTextWithoutOne() {
    JsonNode json =
        Json.MAPPER.readTree(
            Console.run("compare", reference, changed, "--tensors", "--json").out());
    assertThat(json.get("text").isNull()).isTrue();
    assertThat(json.at("/models/0/divergence").isMissingNode()).isTrue();
    JsonNode tensors = json.at("/models/0/tensors");
    assertThat(tensors.size()).isEqualTo(11);
    assertThat(tensors.get(0).toString())
        .isEqualTo(
            "{\"name\":\"tok_embeddings\",\"reference\":{\"name\":\"tok_embeddings\",\"type\":"
                + "\"f32\"},\"model\":{\"name\":\"tok_embeddings\",\"type\":\"f32\"},\"rows\":16,"
                + "\"cols\":8,\"mse\":0.0,\"relativeError\":0.0,\"sqnr\":null,\"cosine\":1.0,"
                + "\"maxError\":0.0}");
  }

  @Test
  void aModelMayBeHeldAgainstItself() {
    JsonNode json =
        Json.MAPPER.readTree(
            Console.run("compare", reference, reference, "--text", text, "--json").out());
    JsonNode divergence = json.at("/models/0/divergence");
    assertThat(divergence.get("kl").toString())
        .isEqualTo("{\"mean\":0.0,\"median\":0.0,\"p99\":0.0,\"max\":0.0}");
    assertThat(divergence.get("topAgreement").doubleValue()).isEqualTo(1);
    assertThat(divergence.get("meanNll")).isEqualTo(json.at("/text/meanNll"));
  }

  @Test
  void measuresTheFilesOfTheQuantisers() throws IOException {
    Path story =
        Files.writeString(folder.resolve("story.txt"), "Once upon a time, there was a cat.");
    Path f32 = Shared.path(STORIES);
    Path q4 = Shared.path(QUANTISED + "q4.bin");
    Path tm2 = Shared.path(QUANTISED + "tm2.bin");
    JsonNode json =
        Json.MAPPER.readTree(
            Console.run(
                    "compare",
                    f32,
                    q4,
                    tm2,
                    "--text",
                    story,
                    "--window",
                    9,
                    "--stride",
                    4,
                    "--json")
                .out());
    assertThat(json.at("/text/stride").intValue()).isEqualTo(4);
    assertThat(json.at("/models/0/ratio").doubleValue()).isCloseTo(6.4, within(0.01));
    assertThat(json.at("/models/0/type").stringValue()).isEqualTo("int4");
    assertThat(json.at("/models/1/matrixBitsPerWeight").doubleValue())
        .isCloseTo(2.217, within(1e-3));
    double q4Kl = json.at("/models/0/divergence/kl/mean").doubleValue();
    assertThat(json.at("/models/1/divergence/kl/mean").doubleValue()).isGreaterThan(5 * q4Kl);
    JsonNode eval =
        Json.MAPPER.readTree(
            Console.run("eval", f32, story, "--window", 9, "--stride", 4, "--json").out());
    assertThat(json.at("/text/meanNll")).isEqualTo(eval.get("meanNll"));
  }

  @Test
  void printsTablesOf100Columns() {
    Console.Result result =
        Console.run(
            "compare",
            Shared.path(STORIES),
            Shared.path(QUANTISED + "tmac.bin"),
            Shared.path(QUANTISED + "q8v1.bin"),
            "--text",
            text);
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    assertThat(result.out())
        .contains("\nstories260K.tmac.bin      TMAC         ternary_v1           84064    12.57 ")
        .contains("text text.txt: ")
        .contains("weights of stories260K.tmac.bin against stories260K.bin\n");
    assertThat(result.out().lines().filter(line -> line.startsWith("wq "))).hasSize(2);
  }

  @Test
  void tellsEachTensorInATable() {
    String out = Console.run("compare", reference, changed, "--tensors").out();
    assertThat(out.lines()).allMatch(line -> line.length() <= 100);
    assertThat(out)
        .contains(
            "\nlayers.0.wk               f32 f32                 4 x 8  0.0e+00     0.00%   exact");
  }

  @Test
  void saysWhichTensorsOfDifferentNamesWereCompared() throws IOException {
    byte[] shared = Files.readAllBytes(reference);
    byte[] own = Arrays.copyOf(shared, shared.length + 16 * 8 * 4);
    ByteBuffer.wrap(own).order(ByteOrder.LITTLE_ENDIAN).putInt(20, -TinyModel.VOCAB_SIZE);
    Path unshared = Files.write(folder.resolve("unshared.bin"), own);
    assertThat(Console.run("compare", reference, unshared).out())
        .endsWith(
            "output: tok_embeddings of the reference and output of the model, since one file has"
                + " no output\n");
  }

  @Test
  void drawsAPicture() throws IOException {
    Path png = folder.resolve("errors.png");
    Console.Result result = Console.run("compare", reference, changed, "--picture", png);
    assertThat(result.status()).isZero();
    assertThat(Files.readAllBytes(png)).startsWith(0x89, 'P', 'N', 'G');
  }

  @ParameterizedTest
  @CsvSource({
    "REFERENCE CHANGED CHANGED, is named twice",
    "REFERENCE missing.bin, no such model file",
    "REFERENCE TEXT, text.txt",
    "TEXT REFERENCE, text.txt",
    "REFERENCE CHANGED --text missing.txt, missing.txt: no such file",
    "REFERENCE CHANGED --text FOLDER, is a folder",
    "REFERENCE CHANGED --text EMPTY, nothing to predict",
    "REFERENCE CHANGED --text TEXT -z missing.bin, missing.bin",
    "REFERENCE CHANGED --text TEXT --window 33, the 32 tokens of the context",
    "REFERENCE CHANGED --text TEXT --window 8 --stride 8, from 1 to the 7 text tokens",
    "REFERENCE CHANGED --picture none/x.png, none"
  })
  void errorsSayWhatIsWrong(String arguments, String why) throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    Object[] words =
        ("compare " + arguments)
            .replace("REFERENCE", reference.toString())
            .replace("CHANGED", changed.toString())
            .replace("TEXT", text.toString())
            .replace("EMPTY", empty.toString())
            .replace("FOLDER", folder.toString())
            .split(" ");
    Console.Result result = Console.run(words);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).startsWith("error: ").hasLineCount(1).contains(why);
  }

  @Test
  void refusesModelsOfOtherShapesAndVocabularies() {
    Path other = Shared.path(STORIES);
    Console.Result result = Console.run("compare", reference, other, "--text", text);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).contains("another shape").contains("vocabSize is 512, not 16");
  }

  @Test
  void helpTellsTheJson() {
    String help = Console.run("compare", "--help").out();
    assertThat(help.lines()).allMatch(line -> line.length() <= 100);
    for (String name : List.of("kinds", "topAgreement", "nllDifference", "minCosine", "maxError")) {
      assertThat(help).contains(name);
    }
  }
}
