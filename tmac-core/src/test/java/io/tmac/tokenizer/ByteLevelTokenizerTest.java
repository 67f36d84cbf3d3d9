package io.tmac.tokenizer;

import static io.tmac.tokenizer.BpeVocabularies.AA_AA;
import static io.tmac.tokenizer.BpeVocabularies.A_A;
import static io.tmac.tokenizer.BpeVocabularies.BOS;
import static io.tmac.tokenizer.BpeVocabularies.END;
import static io.tmac.tokenizer.BpeVocabularies.SPACE_THE;
import static io.tmac.tokenizer.BpeVocabularies.TH_E;
import static io.tmac.tokenizer.BpeVocabularies.TOOL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.UnsupportedModelException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ByteLevelTokenizerTest {

  private static final EncodeOptions SPECIALS = new EncodeOptions(false, true);

  private final Tokenizer tokenizer = BpeVocabularies.byteLevelTokenizer("gpt-2");

  @Test
  void mergesInTheOrderOfTheListInsideWords() {
    assertThat(tokenizer.encode("the the")).containsExactly(TH_E, SPACE_THE);
    assertThat(tokenizer.encode("aaaaaaa")).containsExactly(AA_AA, A_A, 'a');
    assertThat(tokenizer.encode("the  the")).containsExactly(TH_E, ' ', SPACE_THE);
  }

  @Test
  void splitsADigitFromItsSpaceWhereThePreTokenizerSaysSo() {
    Tokenizer llama3 = BpeVocabularies.byteLevelTokenizer("llama-bpe");
    assertThat(llama3.encode("'S")).containsExactly('\'', 'S');
    assertThat(tokenizer.encode("é")).containsExactly(0xC3, 0xA9);
  }

  @Test
  void takesAWholePieceUnmergedForLlama3Only() {
    // "aaaa" cannot come from merges of this list, but it is a token.
    BpeVocabulary full = BpeVocabularies.byteLevel("llama-bpe");
    BpeVocabulary unmerged =
        new BpeVocabulary(full.tokens(), full.types(), List.of(), "llama-bpe", full.marks());
    assertThat(Tokenizer.of("test", unmerged).encode("aaaa")).containsExactly(AA_AA);
    unmerged = new BpeVocabulary(full.tokens(), full.types(), List.of(), "qwen2", full.marks());
    assertThat(Tokenizer.of("test", unmerged).encode("aaaa")).containsExactly('a', 'a', 'a', 'a');
  }

  @Test
  void parsesControlTokensOnlyWhereItIsTold() {
    assertThat(tokenizer.encode("<|begin|>", SPECIALS)).containsExactly(BOS);
    assertThat(tokenizer.encode("<|begin|>")).doesNotContain(BOS).hasSize(9);
    assertThat(tokenizer.encode("a<|im_end|>the", SPECIALS)).containsExactly('a', END, TH_E);
  }

  @Test
  void knowsTheEndOfATurnByItsName() {
    assertThat(tokenizer.isEndOfText(END)).isTrue();
    assertThat(tokenizer.isControl(END)).isTrue();
    assertThat(tokenizer.encode("<|im_end|>")).doesNotContain(END);
    assertThat(tokenizer.isEndOfText(BOS)).isFalse();
  }

  @Test
  void cutsUserDefinedTokensOutOfEveryText() {
    assertThat(tokenizer.encode("a<tool>a")).containsExactly('a', TOOL, 'a');
    assertThat(tokenizer.decode(new int[] {'a', TOOL, 'a'})).isEqualTo("a<tool>a");
  }

  @Test
  void addsBosWhereItIsWanted() {
    assertThat(tokenizer.encode("a", EncodeOptions.PROMPT)).containsExactly(BOS, 'a');
    assertThat(tokenizer.encode("", EncodeOptions.TEXT)).isEmpty();
  }

  @Test
  void printsNothingForControlTokensAndKeepsAllSpaces() {
    int[] ids = {BOS, SPACE_THE, END, ' ', 'a'};
    assertThat(tokenizer.decode(ids)).isEqualTo(" the a");
    assertThat(new String(tokenizer.pieceBytes(END))).isEqualTo("<|im_end|>");
  }

  @Test
  void streamsWholeCharacters() {
    StreamDecoder decoder = tokenizer.newDecoder();
    assertThat(decoder.accept(0xF0)).isEmpty();
    assertThat(decoder.accept(0x9F)).isEmpty();
    assertThat(decoder.accept(0x99)).isEmpty();
    assertThat(decoder.accept(0x82)).isEqualTo("\uD83D\uDE42");
    assertThat(decoder.accept(0xE2)).isEmpty();
    assertThat(decoder.flush()).isEqualTo("\uFFFD");
  }

  @Test
  void namesThePreTokenizersThatThereAre() {
    assertThatThrownBy(() -> BpeVocabularies.byteLevelTokenizer("no-such"))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("test.gguf")
        .hasMessageContaining("qwen2")
        .hasMessageContaining("found no-such");
  }

  @Test
  void refusesIdsThatAreNone() {
    assertThatThrownBy(() -> tokenizer.pieceBytes(tokenizer.vocabSize()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tokenizer.decode(-2, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tokenizer.isControl(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
