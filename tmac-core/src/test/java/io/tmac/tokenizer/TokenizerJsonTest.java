package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerJsonTest {

  private static final EncodeOptions SPECIALS = new EncodeOptions(false, true);
  private static final EncodeOptions FRAMED = new EncodeOptions(true, false);

  private static final String MODEL =
      """
      "model": {"type": "BPE", "unk_token": "<unk>",
        "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4, "b": 5, "ab": 6, "▁ab": 7, "é": 8},
        "merges": ["a b", ["▁", "ab"]]}
      """;

  private static final String ADDED =
      """
      "added_tokens": [{"id": 0, "content": "<unk>", "special": true},
        {"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}]
      """;

  private static final String SPACES =
      """
      "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
      """;

  @TempDir Path folder;

  @Test
  void mergesInTheOrderOfTheList() {
    Tokenizer tokenizer = read(MODEL, ADDED, SPACES);
    assertThat(tokenizer.encode("ab ab")).containsExactly(7, 7);
    assertThat(tokenizer.encode("ba")).containsExactly(3, 5, 4);
    assertThat(tokenizer.decode(new int[] {1, 7, 7})).isEqualTo("ab ab");
  }

  @Test
  void parsesSpecialTokensOnlyWhereItIsTold() {
    Tokenizer tokenizer = read(MODEL, ADDED);
    assertThat(tokenizer.encode("a</s>b", SPECIALS)).containsExactly(4, 2, 5);
    assertThat(tokenizer.encode("a</s>b")).doesNotContain(2);
    assertThat(tokenizer.isControl(2)).isTrue();
    assertThat(tokenizer.isEndOfText(2)).as("by its name").isTrue();
  }

  /** Letters of numbers, circled letters, joiners and marks count as part of a word. */
  @Test
  void cutsASingleWordOutBetweenWords() {
    Tokenizer tokenizer =
        read(
            MODEL, "\"added_tokens\": [{\"id\": 9, \"content\": \"abba\", \"single_word\": true}]");
    for (String separate : List.of("", " ", "-", "\u00b2", "\u200b")) {
      assertThat(tokenizer.encode(separate + "abba" + separate)).as(separate).contains(9);
    }
    for (String joined : List.of("x", "_", "5", "\u2160", "\u24b6", "\u200d", "\u200c", "\u0301")) {
      assertThat(tokenizer.encode("abba" + joined)).as(joined).doesNotContain(9);
      assertThat(tokenizer.encode(joined + "abba")).as(joined).doesNotContain(9);
    }
  }

  @Test
  void writesTextWithoutATokenAsUnknown() {
    assertThat(read(MODEL, ADDED).encode("axyb")).containsExactly(4, 0, 0, 5);
    String fused = MODEL.replace("\"BPE\"", "\"BPE\", \"fuse_unk\": true");
    assertThat(read(fused, ADDED).encode("axyb")).containsExactly(4, 0, 5);
    String none = MODEL.replace("\"<unk>\",", "null,");
    assertThat(read(none, ADDED).encode("axyb")).as("left out").containsExactly(6);
  }

  @Test
  void normalizesOnlyWhereTheFileSaysSo() {
    assertThat(read(MODEL, ADDED).encode("e\u0301")).containsExactly(0, 0);
    assertThat(read(MODEL, ADDED, "\"normalizer\": {\"type\": \"NFC\"}").encode("e\u0301"))
        .containsExactly(8);
  }

  @Test
  void putsASpaceAtTheStartAsMetaspaceSays() {
    assertThat(read(MODEL, ADDED, metaspace("always")).encode("ab</s>ab", SPECIALS))
        .containsExactly(7, 2, 7);
    assertThat(read(MODEL, ADDED, metaspace("first")).encode("ab</s>ab", SPECIALS))
        .containsExactly(7, 2, 6);
    assertThat(read(MODEL, ADDED, metaspace("never")).encode("ab ab")).containsExactly(6, 7);
    assertThat(read(MODEL, ADDED, metaspace("first")).encode(" ab")).containsExactly(7);
  }

  /** One space is dropped at the start; where the encoder adds one each time, each of them. */
  @Test
  void dropsTheSpacesThatTheEncoderAdded() {
    String strip =
        """
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern":
          {"String": "▁"}, "content": " "}, {"type": "Fuse"},
          {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
        """;
    String cut =
        ADDED.replace("[{", "[{\"id\": 9, \"content\": \"<t>\", \"normalized\": false}, {");
    Tokenizer first = read(MODEL, cut, metaspace("first"), strip);
    for (String text : List.of("ab<t> ab", "ab<t>ab", "ab ab", "ab<t>")) {
      assertThat(first.decode(first.encode(text))).isEqualTo(text);
    }
    Tokenizer each = read(MODEL, cut, SPACES, strip);
    for (String text : List.of("ab<t> ab", "ab<t>ab", "ab ab", "ab<t>")) {
      assertThat(each.decode(each.encode(text))).isEqualTo(text);
    }
    Tokenizer always = read(MODEL, cut, metaspace("always"), strip);
    assertThat(always.decode(always.encode("ab<t> ab"))).isEqualTo("ab<t> ab");
    assertThat(always.encode("ab<t>ab")).as("no telling which").containsExactly(7, 9, 7);
    assertThat(always.encode("abx ab")).containsExactly(7, 0, 7);
    assertThat(always.decode(new int[] {7, 0, 7})).as("after an unknown").isEqualTo("ab ab");
  }

  private static String metaspace(String scheme) {
    return "\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"▁\","
        + " \"prepend_scheme\": \""
        + scheme
        + "\", \"split\": true}";
  }

  @Test
  void takesTheFrameOfATextFromThePostProcessor() {
    String template =
        """
        "post_processor": {"type": "TemplateProcessing", "single":
          [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {}}
        """;
    Tokenizer tokenizer = read(MODEL, ADDED, template);
    assertThat(tokenizer.encode("a", FRAMED)).containsExactly(1, 4);
    assertThat(tokenizer.bosId()).hasValue(1);
    assertThat(read(MODEL, ADDED).addsBos()).isFalse();
  }

  @Test
  void takesTheFrameOfATextFromTheFilesBesideIt() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json(MODEL, ADDED));
    String config =
        """
        {"bos_token": {"content": "<s>"}, "eos_token": "</s>", "add_bos_token": true,
         "add_eos_token": true, "chat_template": "{{ x }}"}
        """;
    Files.writeString(folder.resolve("tokenizer_config.json"), config);
    assertThat(Tokenizer.load(file).encode("a", FRAMED)).containsExactly(1, 4, 2);
    Tokenizer tokenizer = Tokenizer.load(file, 9, OptionalInt.of(4), List.of(5, 1000));
    assertThat(tokenizer.bosId()).hasValue(1);
    assertThat(tokenizer.isEndOfText(5)).isTrue();
    assertThatThrownBy(() -> Tokenizer.load(file, 8))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("at most 8 tokens");
  }

  @Test
  void refusesWhatItDoesNotKnowByName() {
    assertUnsupported("\"normalizer\": {\"type\": \"Precompiled\"}", "Precompiled");
    assertUnsupported("\"pre_tokenizer\": {\"type\": \"UnicodeScripts\"}", "UnicodeScripts");
    assertUnsupported("\"decoder\": {\"type\": \"WordPiece\"}", "WordPiece");
    assertUnsupported("\"post_processor\": {\"type\": \"BertProcessing\"}", "BertProcessing");
    assertThatThrownBy(() -> read(MODEL.replace("BPE", "Unigram"), ADDED))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("found Unigram");
  }

  private static void assertUnsupported(String part, String name) {
    assertThatThrownBy(() -> read(MODEL, ADDED, part))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("test.json")
        .hasMessageContaining("found " + name);
  }

  /** Backtracking without end is cut short, and so is a text that grows without end. */
  @Test
  void boundsWhatAHostileFileMakesOfAText() {
    String redos =
        "\"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"Regex\": \"a*a*a*a*a*a*b\"},"
            + " \"behavior\": \"Isolated\"}";
    assertThatThrownBy(() -> read(MODEL, ADDED, redos).encode("a".repeat(400)))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("does not come to an end");
    String grow =
        "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aaaaaaaa\"}";
    String sequence =
        "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": ["
            + String.join(",", List.of(grow, grow, grow, grow, grow, grow, grow, grow))
            + "]}";
    assertThatThrownBy(() -> read(MODEL, ADDED, sequence).encode("aaaa"))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("normalizer");
  }

  /** Whatever is done to a file, it is an error that says so or a tokenizer that works. */
  @Test
  void survivesDamagedFiles() {
    String pre =
        "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\","
            + " \"pattern\": {\"Regex\": \"(?i:'s)|\\\\p{L}+|[0-9]{1,3}\"}, \"behavior\":"
            + " \"Isolated\", \"invert\": false}]}";
    byte[] whole = json(MODEL, ADDED, SPACES, pre).getBytes(StandardCharsets.UTF_8);
    Random random = new Random(7);
    int loaded = 0;
    for (int run = 0; run < 3000; run++) {
      byte[] bytes = whole.clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] = whole[random.nextInt(bytes.length)];
      }
      int length = run % 10 == 0 ? random.nextInt(bytes.length) : bytes.length;
      try {
        Tokenizer tokenizer =
            Tokenizer.load(new ByteArrayInputStream(bytes, 0, length), "test.json");
        tokenizer.decode(tokenizer.encode("ab'S 1234 é</s>", new EncodeOptions(true, true)));
        loaded++;
      } catch (TmacException e) {
        assertThat(e).hasMessageMatching("(?s).*(test.json|tokenizer's).*");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    assertThat(loaded).isBetween(100, 2900);
  }

  private static Tokenizer read(String... members) {
    byte[] bytes = json(members).getBytes(StandardCharsets.UTF_8);
    try {
      return Tokenizer.load(new ByteArrayInputStream(bytes), "test.json");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String json(String... members) {
    return "{" + String.join(",", members) + "}";
  }
}
