package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StreamDecoderTest {

  private static final int BOS = 1;
  private static final int SPACE_THE = TokenizerBytes.RESERVED + 8;

  private final Tokenizer tokenizer = TokenizerBytes.small().load();

  @Test
  void holdsACharacterBackUntilItIsWhole() {
    StreamDecoder decoder = tokenizer.newDecoder();
    assertThat(decoder.accept(0xE2 + 3)).isEmpty();
    assertThat(decoder.accept(0x82 + 3)).isEmpty();
    assertThat(decoder.accept(BOS)).isEmpty();
    assertThat(decoder.accept(0xAC + 3)).isEqualTo("€");
    assertThat(decoder.flush()).isEmpty();
  }

  @Test
  void replacesWhatNeverBecomesACharacter() {
    StreamDecoder decoder = tokenizer.newDecoder();
    assertThat(decoder.accept(0xE2 + 3)).isEmpty();
    assertThat(decoder.accept(SPACE_THE)).isEqualTo("\uFFFD the");
    assertThat(decoder.accept(0xFF + 3)).isEqualTo("\uFFFD");
    assertThat(decoder.accept(0xF0 + 3)).isEmpty();
    assertThat(decoder.flush()).isEqualTo("\uFFFD");
    assertThat(decoder.flush()).isEmpty();
    assertThat(decoder.accept('a' + 3)).isEqualTo("a");
  }

  @Test
  void doesNotWaitForWhatCannotBecomeACharacter() {
    for (int[] pair : new int[][] {{0xE0, 0x80}, {0xF0, 0x80}, {0xF4, 0x90}}) {
      StreamDecoder decoder = tokenizer.newDecoder();
      assertThat(decoder.accept(pair[0] + 3)).isEmpty();
      assertThat(decoder.accept(pair[1] + 3)).isEqualTo("\uFFFD\uFFFD");
    }
    assertThat(tokenizer.newDecoder().accept(0xC1 + 3)).isEqualTo("\uFFFD");
    assertThat(tokenizer.newDecoder().accept(0xF5 + 3)).isEqualTo("\uFFFD");
  }

  @Test
  void goesOnAfterAPrompt() {
    assertThat(tokenizer.newDecoder().accept(SPACE_THE)).isEqualTo(" the");
    assertThat(tokenizer.newDecoder(SPACE_THE).accept(SPACE_THE)).isEqualTo(" the");
    assertThat(tokenizer.newDecoder(BOS).accept(SPACE_THE)).isEqualTo("the");
  }

  @Test
  void isUnchangedByAnIdThatDoesNotExist() {
    StreamDecoder decoder = tokenizer.newDecoder(BOS);
    assertThatThrownBy(() -> decoder.accept(999)).isInstanceOf(IllegalArgumentException.class);
    assertThat(decoder.accept(SPACE_THE)).isEqualTo("the");
  }

  @Property
  void neverSplitsACharacterOfValidText(@ForAll("texts") String text) {
    StreamDecoder decoder = tokenizer.newDecoder();
    StringBuilder joined = new StringBuilder();
    for (int id : tokenizer.encode(text, EncodeOptions.PROMPT)) {
      String part = decoder.accept(id);
      assertThat(part).doesNotContain("\uFFFD");
      joined.append(part);
    }
    assertThat(joined.toString()).isEqualTo(text);
    assertThat(decoder.flush()).isEmpty();
  }

  @Property
  void anySplitOfTheBytesGivesTheSameText(@ForAll("pieces") List<byte[]> pieces) {
    TokenizerBytes vocabulary = TokenizerBytes.withoutBytes();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      vocabulary.add(piece, 0);
      all.writeBytes(piece);
    }
    StreamDecoder decoder = vocabulary.load().newDecoder();
    StringBuilder joined = new StringBuilder();
    for (int id = 3; id < vocabulary.pieces().size(); id++) {
      joined.append(decoder.accept(id));
    }
    joined.append(decoder.flush());
    assertThat(joined.toString()).isEqualTo(all.toString(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "the ", "é", "ß", "€", "😀", "𝄞", "\u0000", "漢")
        .list()
        .map(parts -> String.join("", parts));
  }

  /** Bytes around every border of UTF-8's table of well-formed sequences. */
  @Provide
  Arbitrary<List<byte[]>> pieces() {
    Arbitrary<Byte> bytes =
        Arbitraries.of(
                0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
                0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)
            .map(Integer::byteValue);
    return bytes.array(byte[].class).ofMaxSize(4).list().ofMaxSize(24);
  }
}
