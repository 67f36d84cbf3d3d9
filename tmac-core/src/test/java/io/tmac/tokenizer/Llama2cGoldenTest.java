package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ids and texts that llama2.c's own program gave. */
class Llama2cGoldenTest {

  private static final String TOK512 = "models/stories260K/tok512.bin";
  private static final String TOK4096 = "vectors/public/tokenizers/tok4096.bin";

  @Test
  void tok4096() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Shared.path(TOK4096), 4096);
    JsonNode cases = json("vectors/public/tokenizers/tok4096.llama2c.json").get("cases");
    assertThat(cases.size()).isEqualTo(168);
    for (JsonNode one : cases) {
      String text = one.get("text").asString();
      int[] ids = tokenizer.encode(text, EncodeOptions.PROMPT);
      assertThat(ids).as(text).isEqualTo(ints(one.get("ids")));
      assertThat(tokenizer.decode(ids)).isEqualTo(text);
    }
  }

  /** The oracle of this file is SentencePiece; where llama2.c differs, it says so. */
  @Test
  void tok512() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Shared.path(TOK512), 512);
    JsonNode cases = json("vectors/public/tokenizers/tok512.sentencepiece.json").get("cases");
    int compared = 0;
    for (JsonNode one : cases) {
      String text = one.get("text").asString();
      int[] ids = tokenizer.encode(text);
      if (text.indexOf('\0') < 0) { // run.c stops there
        JsonNode expected = one.has("llama2c_ids") ? one.get("llama2c_ids") : one.get("ids");
        assertThat(ids).as(text).isEqualTo(ints(expected));
        compared++;
      }
      assertThat(tokenizer.decode(tokenizer.encode(text, EncodeOptions.PROMPT))).isEqualTo(text);
    }
    assertThat(compared).isEqualTo(168);
  }

  @Test
  void bytesThatAreNotUtf8() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Shared.path(TOK512), 512);
    JsonNode cases =
        json("vectors/public/tokenizers/tok512.llama2c_invalid_utf8.json").get("cases");
    assertThat(cases.size()).isEqualTo(8);
    for (JsonNode one : cases) {
      String hex = one.get("bytes_hex").asString();
      byte[] text = HexFormat.of().parseHex(hex);
      int[] ids = tokenizer.encode(text, EncodeOptions.PROMPT);
      assertThat(ids).as(hex).isEqualTo(ints(one.get("ids")));
      assertThat(tokenizer.decode(ids)).isEqualTo(new String(text, StandardCharsets.UTF_8));
    }
  }

  @Test
  void promptsAndStoriesOfStories260K() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Shared.path(TOK512));
    JsonNode prompts = json("vectors/public/stories260K/reference.json").get("prompts");
    assertThat(prompts.size()).isEqualTo(5);
    for (JsonNode prompt : prompts) {
      int[] ids = tokenizer.encode(prompt.get("text").asString(), EncodeOptions.PROMPT);
      assertThat(ids).isEqualTo(ints(prompt.get("ids")));
      assertThat(tokenizer.decode(ints(prompt.get("greedy_ids"))))
          .isEqualTo(prompt.get("greedy_text").asString());
    }
  }

  private static JsonNode json(String path) {
    return JsonMapper.shared().readTree(Shared.path(path));
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
