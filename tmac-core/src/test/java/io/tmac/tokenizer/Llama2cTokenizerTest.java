package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class Llama2cTokenizerTest {

  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final int SPACE = TokenizerBytes.RESERVED;
  private static final int A = SPACE + 4;
  private static final int THE = SPACE + 7;
  private static final int SPACE_THE = SPACE + 8;
  private static final int AA = SPACE + 9;
  private static final int E_ACUTE = SPACE + 10;

  private final Tokenizer tokenizer = TokenizerBytes.small().load();

  @Test
  void describesItself() {
    assertThat(tokenizer.vocabSize()).isEqualTo(SPACE + 12);
    assertThat(tokenizer.bosId()).hasValue(BOS);
    assertThat(tokenizer.addsBos()).isTrue();
    assertThat(tokenizer.isEndOfText(BOS)).isTrue();
    assertThat(tokenizer.isEndOfText(EOS)).isFalse();
    assertThat(tokenizer.isControl(BOS)).isTrue();
    assertThat(tokenizer.isControl(EOS)).isTrue();
    assertThat(tokenizer.isControl(0)).isFalse();
    assertThat(tokenizer.isControl(A)).isFalse();
  }

  @Test
  void putsASpaceBeforeTheTextAndMerges() {
    assertThat(tokenizer.encode("the", EncodeOptions.PROMPT)).containsExactly(BOS, SPACE_THE);
    assertThat(tokenizer.encode("the")).containsExactly(SPACE_THE);
    assertThat(tokenizer.encode(" the")).containsExactly(SPACE, SPACE_THE);
    assertThat(tokenizer.encode("athe")).containsExactly(SPACE, A, THE);
  }

  @Test
  void encodesTheEmptyTextAsBosAlone() {
    assertThat(tokenizer.encode("", EncodeOptions.PROMPT)).containsExactly(BOS);
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void mergesTheLeftmostOfEqualPairs() {
    assertThat(tokenizer.encode("aaa")).containsExactly(SPACE, AA, A);
  }

  @Test
  void takesMinusZeroForZero() {
    Tokenizer zeros =
        TokenizerBytes.withBytes()
            .add(" ", -9)
            .add("a", -9)
            .add("b", -9)
            .add("ab", -0f)
            .add("ba", 0f)
            .load();
    assertThat(zeros.encode("aba")).containsExactly(259, 262, 260);
  }

  @Test
  void mergesTheHighestScoreFirst() {
    Tokenizer rightFirst =
        TokenizerBytes.withBytes()
            .add(" ", -9)
            .add("a", -9)
            .add("b", -9)
            .add("c", -9)
            .add("ab", -2)
            .add("bc", -1)
            .add("abc", -3)
            .load();
    assertThat(rightFirst.encode("abcab")).containsExactly(259, 265, 263);
  }

  @Test
  void encodesOtherCharactersAsBytes() {
    assertThat(tokenizer.encode("é")).containsExactly(SPACE, E_ACUTE);
    assertThat(tokenizer.encode("ß")).containsExactly(SPACE, 0xC3 + 3, 0x9F + 3);
    assertThat(tokenizer.encode("\u2581")).containsExactly(SPACE, 0xE2 + 3, 0x96 + 3, 0x81 + 3);
  }

  @Test
  void encodesANulAsAnyOtherByte() {
    assertThat(tokenizer.encode("a\0a")).containsExactly(SPACE, A, 0 + 3, A);
    assertThat(tokenizer.decode(tokenizer.encode("a\0a", EncodeOptions.PROMPT))).isEqualTo("a\0a");
  }

  @Test
  void neverParsesSpecialTokensInPlainText() {
    Tokenizer tempting =
        TokenizerBytes.withBytes()
            .add(" ", -9)
            .add("<", -9)
            .add("s", -9)
            .add(">", -9)
            .add("\n", -9)
            .add("0", -9)
            .add("x", -9)
            .add("\n<", -1)
            .add("\n<s", -1)
            .add("\n<s>", -1)
            .add("<0", -1)
            .add("<0x", -1)
            .add("<0x0", -1)
            .add("<0x00", -1)
            .load();
    for (String text : new String[] {"\n<s>\n", "<s>", "<0x00>", "<unk>"}) {
      int[] ids = tempting.encode(text, EncodeOptions.PROMPT);
      assertThat(tempting.decode(ids)).isEqualTo(text);
      assertThat(ids).startsWith(BOS).doesNotContain(0, EOS).containsOnlyOnce(BOS);
    }
  }

  @Test
  void neverTakesTheFirstThreeTokensForText() {
    Tokenizer odd =
        TokenizerBytes.empty().add("a", 0).add("<0x61>", 0).add("aa", 0).add("b", 0).load();
    assertThat(odd.encode("aab")).containsExactly(0, 0, 3);
  }

  @Test
  void parsesSpecialTokensWhereAsked() {
    EncodeOptions specials = new EncodeOptions(false, true);
    assertThat(tokenizer.encode("the</s>the<s>", specials))
        .containsExactly(SPACE_THE, EOS, SPACE_THE, BOS);
    assertThat(tokenizer.encode("<s>", new EncodeOptions(true, true))).containsExactly(BOS, BOS);
    assertThat(tokenizer.encode("the", specials)).containsExactly(SPACE_THE);
  }

  @Test
  void takesTheLowestIdOfEqualPieces() {
    Tokenizer twice = TokenizerBytes.small().add("a", 100).add("aa", 100).add("<0x00>", 0).load();
    assertThat(twice.encode("aaa\0")).containsExactly(SPACE, AA, A, 3);
  }

  @Test
  void mergesNothingByAScoreThatIsNotANumber() {
    Tokenizer nan =
        TokenizerBytes.withBytes()
            .add(" ", Float.NaN)
            .add("a", Float.NaN)
            .add("aa", Float.NaN)
            .load();
    assertThat(nan.encode("aa")).containsExactly(259, 260, 260);
  }

  @Test
  void worksWithoutSpaceOrByteTokens() {
    Tokenizer poor = TokenizerBytes.withoutBytes().add("a", 0).add("aa", 0).load();
    assertThat(poor.encode("aa b", EncodeOptions.PROMPT)).containsExactly(BOS, 4, 0, 0);
    assertThat(poor.decode(new int[] {BOS, 4, 0})).isEqualTo("aa<unk>");
  }

  @Test
  void neverFindsAnEmptyPiece() {
    TokenizerBytes empties = TokenizerBytes.withBytes();
    for (int i = 0; i < 50; i++) {
      empties.add("", 1);
    }
    assertThat(empties.load().encode("aa", EncodeOptions.PROMPT))
        .containsExactly(BOS, 'a' + 3, 'a' + 3);
    assertThat(empties.load().decode(new int[] {BOS, 260})).isEmpty();
  }

  @Test
  void dropsOneLeadingSpaceAfterBos() {
    assertThat(tokenizer.decode(new int[] {BOS, SPACE_THE, SPACE_THE})).isEqualTo("the the");
    assertThat(tokenizer.decode(new int[] {BOS, SPACE, SPACE_THE})).isEqualTo(" the");
    assertThat(tokenizer.decode(new int[] {SPACE_THE})).isEqualTo(" the");
    assertThat(tokenizer.decode(new int[] {BOS, ' ' + 3})).isEqualTo(" ");
    assertThat(tokenizer.decode(new int[0])).isEmpty();
  }

  @Test
  void printsNoControlTokens() {
    assertThat(tokenizer.decode(new int[] {BOS, A, EOS, A, BOS})).isEqualTo("aa");
    assertThat(tokenizer.pieceBytes(EOS)).asString(StandardCharsets.UTF_8).isEqualTo("\n</s>\n");
  }

  @Test
  void givesTheByteOfAByteToken() {
    assertThat(tokenizer.pieceBytes(0xE9 + 3)).containsExactly(0xE9);
    assertThat(tokenizer.pieceBytes(E_ACUTE)).containsExactly(0xC3, 0xA9);
  }

  @Test
  void rejectsIdsThatDoNotExist() {
    for (int id : new int[] {-1, tokenizer.vocabSize(), Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> tokenizer.decode(new int[] {id}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0 to 270")
          .hasMessageContaining(String.valueOf(id));
      assertThatThrownBy(() -> tokenizer.pieceBytes(id))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> tokenizer.isControl(id))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> tokenizer.isEndOfText(id))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
