package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every text, valid UTF-8 or not, names of control tokens included. */
class BytePairPropertyTest {

  private static final Tokenizer SENTENCE_PIECE = Tokenizer.of(BpeVocabularies.sentencePiece(true));
  private static final Tokenizer UNPREFIXED = Tokenizer.of(BpeVocabularies.sentencePiece(false));

  @Property(tries = 500)
  void byteLevelDecodesToWhatWasEncoded(
      @ForAll("preTokenizers") String preTokenizer, @ForAll("bytes") byte[] text) {
    Tokenizer tokenizer = BpeVocabularies.byteLevelTokenizer(preTokenizer);
    int[] ids = tokenizer.encode(text, EncodeOptions.TEXT);
    assertThat(decoded(tokenizer, ids)).isEqualTo(text);
    assertThat(tokenizer.encode(text, EncodeOptions.TEXT)).isEqualTo(ids);
  }

  @Property(tries = 500)
  void sentencePieceDecodesToWhatWasEncoded(@ForAll("texts") String text) {
    byte[] utf8 = text.replace('\u2581', '_').getBytes(StandardCharsets.UTF_8);
    for (Tokenizer tokenizer : new Tokenizer[] {SENTENCE_PIECE, UNPREFIXED}) {
      int[] ids = tokenizer.encode(utf8, EncodeOptions.PROMPT);
      assertThat(decoded(tokenizer, ids)).isEqualTo(utf8);
    }
  }

  /** No text of a stranger opens or ends a turn. */
  @Property(tries = 500)
  void noTextBecomesAControlToken(
      @ForAll("preTokenizers") String preTokenizer, @ForAll("texts") String text) {
    for (Tokenizer tokenizer :
        new Tokenizer[] {
          BpeVocabularies.byteLevelTokenizer(preTokenizer), SENTENCE_PIECE, UNPREFIXED
        }) {
      assertThat(Arrays.stream(tokenizer.encode(text)).noneMatch(tokenizer::isControl)).isTrue();
    }
  }

  /** Cutting control tokens out and putting them back is the text again. */
  @Property(tries = 500)
  void piecesOfParsedTextsSpellIt(
      @ForAll("preTokenizers") String preTokenizer, @ForAll("texts") String text) {
    Tokenizer tokenizer = BpeVocabularies.byteLevelTokenizer(preTokenizer);
    ByteArrayOutputStream spelled = new ByteArrayOutputStream();
    for (int id : tokenizer.encode(text, new EncodeOptions(false, true))) {
      spelled.writeBytes(tokenizer.pieceBytes(id));
    }
    assertThat(spelled.toByteArray()).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A text that goes through the bytes and back is the same. */
  @Property(tries = 500)
  void lenientUtf8KeepsEveryByte(@ForAll("bytes") byte[] bytes) {
    String text = Utf8.decode(bytes);
    assertThat(Utf8.encode(text)).isEqualTo(bytes);
    assertThat(Utf8.encodedLength(text, 0, text.length())).isEqualTo(bytes.length);
  }

  private static byte[] decoded(Tokenizer tokenizer, int[] ids) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int previous = Tokenizer.NO_TOKEN;
    for (int id : ids) {
      text.writeBytes(tokenizer.decode(previous, id));
      previous = id;
    }
    return text.toByteArray();
  }

  @Provide
  Arbitrary<String> preTokenizers() {
    return Arbitraries.of("gpt-2", "smollm", "llama-bpe", "qwen2", "qwen35", "tekken", "default");
  }

  @Provide
  Arbitrary<byte[]> bytes() {
    return Arbitraries.oneOf(
        Arbitraries.bytes().array(byte[].class).ofMaxSize(40),
        texts().map(text -> text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Words, spaces, names of tokens, and any character there is. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> parts =
        Arbitraries.of(
            "the",
            " the",
            "aaaaa",
            " ",
            "  ",
            "\n",
            "\r\n",
            "'s",
            "'S",
            "12345",
            "\u0301",
            "é",
            "日本",
            "\uD83D\uDE42",
            "\u2581",
            "\u00A0",
            "<s>",
            "</s>",
            "<unk>",
            "<0x0A>",
            "<tool>",
            "<|begin|>",
            "<|im_end|>",
            "<|",
            "=>",
            "ǅ",
            "ʰ",
            "Ⅷ");
    Arbitrary<String> characters =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
            .map(Character::toString);
    return Arbitraries.oneOf(parts, parts, characters)
        .list()
        .ofMaxSize(12)
        .map(l -> String.join("", l));
  }
}
