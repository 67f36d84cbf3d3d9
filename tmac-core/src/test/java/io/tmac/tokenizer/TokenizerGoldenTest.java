package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tmac.model.ModelTokenizer;
import io.tmac.testing.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ids and texts that llama.cpp, Hugging Face's tokenizers and SentencePiece gave. */
class TokenizerGoldenTest {

  private static final String VECTORS = "vectors/public/tokenizers";

  /** llama.cpp: with and without BOS, with and without special tokens, and the pieces. */
  @TestFactory
  Stream<DynamicTest> llamaCpp() throws IOException {
    return tests(
        ".llamacpp.json",
        ".gguf",
        (tokenizer, one) -> {
          JsonNode ids = one.get("ids");
          String text = text(one);
          assertIds(tokenizer, text, EncodeOptions.TEXT, ids);
          assertIds(tokenizer, text, EncodeOptions.PROMPT, one.path("ids_add_special"), ids);
          JsonNode specials = one.has("ids_parse_special") ? one.get("ids_parse_special") : ids;
          assertIds(tokenizer, text, new EncodeOptions(false, true), specials);
          assertThat(pieces(tokenizer, ints(specials)))
              .isEqualTo(HexFormat.of().parseHex(one.get("pieces_hex").asString()));
        });
  }

  /** The cases that llama.cpp keeps beside its vocabularies. */
  @TestFactory
  Stream<DynamicTest> official() throws IOException {
    return tests(
        ".official.json",
        ".gguf",
        (tokenizer, one) -> assertIds(tokenizer, text(one), EncodeOptions.TEXT, one.get("ids")));
  }

  /** Hugging Face, which always parses special tokens. */
  @TestFactory
  Stream<DynamicTest> huggingFace() throws IOException {
    return tests(
        ".hf.json",
        ".tokenizer.json",
        (tokenizer, one) -> {
          String text = text(one);
          assertIds(tokenizer, text, new EncodeOptions(false, true), one.get("ids"));
          assertIds(
              tokenizer,
              text,
              new EncodeOptions(true, true),
              one.path("ids_add_special"),
              one.get("ids"));
          JsonNode decoded =
              Stream.of("decoded_skip_special", "decoded", "text")
                  .filter(one::has)
                  .map(one::get)
                  .findFirst()
                  .orElseThrow();
          assertThat(tokenizer.decode(ints(one.get("ids")))).isEqualTo(decoded.asString());
        });
  }

  /** The same vocabulary in both forms; the oracle says where another program differs. */
  @Test
  void sentencePiece() throws IOException {
    JsonNode cases = json(Shared.path(VECTORS + "/tok512.sentencepiece.json")).get("cases");
    Tokenizer gguf = load(Shared.path(VECTORS + "/tok512.gguf"));
    Tokenizer json = load(Shared.path(VECTORS + "/tok512.tokenizer.json"));
    for (JsonNode one : cases) {
      EncodeOptions plain = EncodeOptions.TEXT;
      assertIds(gguf, text(one), plain, one.path("llamacpp_ids"), one.get("ids"));
      EncodeOptions specials = new EncodeOptions(false, true);
      assertIds(json, text(one), specials, one.path("hf_ids"), one.get("ids"));
    }
  }

  /** The model's own tokenizer with texts of its reference. */
  @Test
  void smolLm2() throws IOException {
    String folder = "models/smollm2-135m-instruct/";
    Tokenizer tokenizer = load(Shared.path(folder + "SmolLM2-135M-Instruct.Q4_1.gguf"));
    JsonNode reference = json(Shared.path(folder + "reference.json"));
    for (JsonNode one : reference.get("tokenize")) {
      assertIds(tokenizer, text(one), EncodeOptions.PROMPT, one.get("ids"));
      assertIds(tokenizer, text(one), new EncodeOptions(true, true), one.get("ids_specials"));
    }
    for (JsonNode chat : reference.get("greedy")) {
      String rendered = chat.path("rendered").asString(chat.path("prompt").asString(""));
      assertIds(tokenizer, rendered, new EncodeOptions(false, true), chat.get("ids"));
    }
    assertThat(tokenizer.isEndOfText(2)).isTrue();
    assertThat(tokenizer.isEndOfText(0)).isTrue();
    assertThat(tokenizer.isEndOfText(1)).isFalse();
    assertThat(tokenizer.addsBos()).isFalse();
  }

  /** Pieces of each pre-tokenizer, as Hugging Face cuts them and as the names of GGUF do. */
  @Test
  void splits() {
    JsonNode vectors = json(Shared.path(VECTORS + "/pretokenizer_splits.hf.json"));
    for (String name : vectors.get("pre_tokenizer").propertyNames()) {
      PreTokenizer json = preTokenizer(vectors.get("pre_tokenizer").get(name).toString());
      PreTokenizer named = NamedPreTokenizers.find(name).orElseThrow().splits();
      for (JsonNode one : vectors.get("cases")) {
        List<String> expected = new ArrayList<>();
        one.get(name).forEach(piece -> expected.add(piece.asString()));
        assertThat(cut(json, text(one))).as(name).isEqualTo(expected);
        if (text(one).indexOf('\u017F') < 0) { // llama.cpp's contractions are ASCII
          assertThat(cut(named, text(one))).as(name).isEqualTo(expected);
        }
      }
    }
  }

  /** Checks one case. */
  private interface Check {
    void run(Tokenizer tokenizer, JsonNode one);
  }

  private static Stream<DynamicTest> tests(String suffix, String vocabulary, Check check)
      throws IOException {
    try (Stream<Path> files = Files.list(Shared.path(VECTORS))) {
      List<Path> vectors =
          files
              .filter(file -> file.toString().endsWith(suffix))
              .filter(file -> !file.getFileName().toString().startsWith("pretokenizer"))
              .sorted()
              .toList();
      assertThat(vectors).isNotEmpty();
      return vectors.stream()
          .map(file ->
              DynamicTest.dynamicTest(
                  file.getFileName().toString(),
                  () -> run(file, file.toString().replace(suffix, vocabulary), check)));
    }
  }

  private static void run(Path vectors, String vocabulary, Check check) throws IOException {
    Path file = Path.of(vocabulary);
    if (!Files.exists(file)) {
      System.out.println("Skipped: " + vectors.getFileName() + ", its vocabulary is not stored");
    }
    assumeTrue(Files.exists(file), "the vocabulary is not stored");
    Tokenizer tokenizer = load(file);
    List<String> failures = new ArrayList<>();
    for (JsonNode one : json(vectors).get("cases")) {
      try {
        check.run(tokenizer, one);
      } catch (AssertionError e) {
        failures.add(text(one) + ": " + e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      fail(failures.size() + " cases fail: " + String.join("\n", failures));
    }
  }

  private static void assertIds(
      Tokenizer tokenizer, String text, EncodeOptions options, JsonNode... alternatives) {
    JsonNode expected = Stream.of(alternatives).filter(JsonNode::isArray).findFirst().orElseThrow();
    assertThat(tokenizer.encode(text, options)).as(text + " " + options).isEqualTo(ints(expected));
  }

  private static byte[] pieces(Tokenizer tokenizer, int[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(tokenizer.pieceBytes(id));
    }
    return bytes.toByteArray();
  }

  private static PreTokenizer preTokenizer(String json) {
    PreTokenizer[] result = {null};
    byte[] document = ("{\"pre_tokenizer\":" + json + "}").getBytes(StandardCharsets.UTF_8);
    JsonInput.read(
        "test",
        document,
        (in, name) -> result[0] = JsonPipeline.preTokenizer((JsonObject) in.value()).steps());
    return result[0];
  }

  private static List<String> cut(PreTokenizer preTokenizer, String text) {
    Pieces pieces = preTokenizer.apply(Pieces.whole(text, true));
    List<String> result = new ArrayList<>();
    for (int piece = 0; piece < pieces.count(); piece++) {
      result.add(pieces.text.substring(pieces.start(piece), pieces.end(piece)));
    }
    return result;
  }

  private static Tokenizer load(Path file) throws IOException {
    return file.toString().endsWith(".gguf")
        ? ModelTokenizer.ofGguf(file).orElseThrow()
        : Tokenizer.load(file);
  }

  private static JsonNode json(Path path) {
    return JsonMapper.shared().readTree(path);
  }

  private static String text(JsonNode one) {
    return one.get("text").asString();
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
