package io.tmac.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.TmacException;
import io.tmac.model.ModelTokenizer;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * Vocabularies that are damaged, odd or hostile: an error that says so, or a tokenizer that works.
 */
class BadVocabularyTest {

  private static final long LIMIT_NANOS = 1_000_000_000;

  @TestFactory
  Stream<DynamicTest> badFiles() {
    JsonNode cases = Shared.json("vectors/bad/files/manifest.json").get("cases");
    return StreamSupport.stream(cases.spliterator(), false)
        .filter(BadVocabularyTest::isTokenizer)
        .map(one -> DynamicTest.dynamicTest(one.get("file").asString(), () -> check(one)));
  }

  private static boolean isTokenizer(JsonNode one) {
    String file = one.get("file").asString();
    return switch (one.get("group").asString()) {
      case "gguf" ->
          (file.startsWith("tok_") && !file.contains("template"))
              || file.startsWith("gpt2_")
              || file.startsWith("pre_")
              || file.startsWith("ok");
      case "hf" ->
          file.endsWith("tokenizer.json") && (file.startsWith("tok_") || file.startsWith("ok/"));
      default -> false;
    };
  }

  private static void check(JsonNode one) throws Exception {
    String group = one.get("group").asString();
    Path file = Shared.path("vectors/bad/files/" + group + "/" + one.get("file").asString());
    long start = System.nanoTime();
    switch (one.get("expect").asString()) {
      case "accept" -> use(load(file));
      case "reject" ->
          // The count of rows of the embedding is not looked at here, only by a model.
          assertThatThrownBy(() -> use(load(file, 40)))
              .isInstanceOf(TmacException.class)
              .hasMessageContaining(file.getFileName().toString());
      default -> {
        try {
          use(load(file));
        } catch (TmacException e) {
          assertThat(e).hasMessageMatching("(?s).*(expected|tokenizer's).*");
        }
      }
    }
    assertThat(System.nanoTime() - start).isLessThan(LIMIT_NANOS);
  }

  private static Void use(Tokenizer tokenizer) {
    for (String text : new String[] {"the in aaaa", "a".repeat(40) + "!", "\u2581é \n", ""}) {
      for (EncodeOptions options :
          new EncodeOptions[] {EncodeOptions.PROMPT, new EncodeOptions(true, true)}) {
        int[] ids = tokenizer.encode(text, options);
        tokenizer.decode(ids);
        tokenizer.encode(text.getBytes(UTF_8), options);
      }
    }
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      tokenizer.pieceBytes(id);
      tokenizer.isEndOfText(id);
    }
    return null;
  }

  private static Tokenizer load(Path file, int vocabSize) throws IOException {
    Tokenizer tokenizer = load(file);
    if (tokenizer.vocabSize() < vocabSize && file.toString().endsWith(".gguf")) {
      throw new TmacException(file + ": too few tokens");
    }
    return tokenizer;
  }

  private static Tokenizer load(Path file) throws IOException {
    return file.toString().endsWith(".gguf")
        ? ModelTokenizer.ofGguf(file).orElseThrow()
        : Tokenizer.load(file);
  }
}
