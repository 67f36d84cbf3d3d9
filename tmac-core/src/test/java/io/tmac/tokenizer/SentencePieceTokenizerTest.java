package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SentencePieceTokenizerTest {

  private static final EncodeOptions SPECIALS = new EncodeOptions(false, true);
  private static final int SPACE = 259;
  private static final int E = 262;
  private static final int A = 263;
  private static final int E_ACUTE = 264;
  private static final int T_H = 265;
  private static final int THE = 267;
  private static final int SPACE_THE = 268;
  private static final int A_A = 269;
  private static final int TOOL = 271;

  private final Tokenizer tokenizer = Tokenizer.of(BpeVocabularies.sentencePiece(true));
  private final Tokenizer unprefixed = Tokenizer.of(BpeVocabularies.sentencePiece(false));

  @Test
  void mergesTheBestScoreFirstTheLeftmostOfEquals() {
    assertThat(unprefixed.encode("the")).containsExactly(THE);
    assertThat(unprefixed.encode("aaa")).containsExactly(A_A, A);
    assertThat(unprefixed.encode("thth")).containsExactly(T_H, T_H);
  }

  @Test
  void putsASpaceBeforeTheTextAndAfterEachTokenThatIsCutOut() {
    assertThat(tokenizer.encode("the")).containsExactly(SPACE_THE);
    assertThat(tokenizer.encode(" the")).containsExactly(SPACE, SPACE_THE);
    assertThat(tokenizer.encode("")).isEmpty();
    assertThat(tokenizer.encode("a</s>the", SPECIALS)).containsExactly(SPACE, A, 2, SPACE_THE);
    assertThat(tokenizer.encode("<tool>the")).containsExactly(TOOL, SPACE_THE);
    assertThat(unprefixed.encode("a</s>the", SPECIALS)).containsExactly(A, 2, THE);
  }

  @Test
  void writesCharactersWithoutAPieceAsBytes() {
    assertThat(unprefixed.encode("éß")).containsExactly(E_ACUTE, 3 + 0xC3, 3 + 0x9F);
    assertThat(unprefixed.encode(new byte[] {(byte) 0xFF, 'e'}, EncodeOptions.TEXT))
        .containsExactly(3 + 0xFF, E);
  }

  @Test
  void neverFindsBytesOrControlTokensInAText() {
    assertThat(unprefixed.encode("<0x0A>")).doesNotContain(3 + 0x0A);
    assertThat(unprefixed.encode("<s></s><unk>")).doesNotContain(0, 1, 2);
  }

  @Test
  void takesTheSpacesItPutInAwayAgain() {
    assertThat(tokenizer.decode(new int[] {1, SPACE_THE, SPACE_THE})).isEqualTo("the the");
    assertThat(tokenizer.decode(new int[] {SPACE_THE})).isEqualTo("the");
    assertThat(tokenizer.decode(new int[] {SPACE_THE, TOOL, SPACE_THE})).isEqualTo("the<tool>the");
    assertThat(tokenizer.newDecoder(A).accept(SPACE_THE)).isEqualTo(" the");
    assertThat(unprefixed.decode(new int[] {1, SPACE_THE})).isEqualTo(" the");
  }

  @Test
  void joinsByteTokensIntoCharacters() {
    int[] ids = {1, 3 + 0xC3, 3 + 0x9F, 3 + 0xE2, A};
    assertThat(tokenizer.decode(ids)).isEqualTo("ß\uFFFDa");
  }

  @Test
  void addsBosAndEndsAtEos() {
    assertThat(tokenizer.encode("the", EncodeOptions.PROMPT)).containsExactly(1, SPACE_THE);
    assertThat(tokenizer.isEndOfText(2)).isTrue();
    assertThat(tokenizer.isEndOfText(1)).isFalse();
  }
}
