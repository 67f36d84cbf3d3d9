package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.TmacException;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTrainerTest {
  private static final String STORY =
      """
      Once upon a time, there was a girl named Lily. She didn't like the rain, but one day it was
      raining: 12 drops fell on 2 of her 12 toys... "Oh no!" said Lily. "Oh no!" said her mom.
      """
          .repeat(3);

  /** All pieces that pairs of the text give. */
  private static final TrainedTokenizer TRAINED = exhausted(STORY);

  @TempDir private Path folder;

  @Test
  void beginsWithSpecialTokensAndBytes() throws IOException {
    Path file = folder.resolve("tokenizer.bin");
    train(STORY, 300).write(file);
    Tokenizer tokenizer = Tokenizer.load(file); // of as many tokens as the file has
    assertThat(tokenizer.vocabSize()).isEqualTo(300);
    assertThat(text(tokenizer.pieceBytes(0))).isEqualTo("<unk>");
    assertThat(text(tokenizer.pieceBytes(1))).isEqualTo("\n<s>\n");
    assertThat(text(tokenizer.pieceBytes(2))).isEqualTo("\n</s>\n");
    for (int value = 0; value < 256; value++) {
      assertThat(tokenizer.pieceBytes(3 + value)).containsExactly(value);
    }
    assertThat(tokenizer.encode("", EncodeOptions.PROMPT)).containsExactly(1);
  }

  @Test
  void charactersAreSortedByFrequencyThenByCodePoint() {
    assertThat(exhausted("b a c a").pieces().subList(0, 4)).containsExactly(" ", "a", "b", "c");
  }

  @Test
  void theMostFrequentPairMergesFirstThenTheOldest() {
    // Characters a 4, space 3, b 3, c 1; pairs "ab" 3 and " a" 3: a is older than the space.
    TrainedTokenizer trained = exhausted("ab ab ab\nac");
    assertThat(trained.characters()).isEqualTo(4);
    assertThat(trained.pieces().subList(4, 6)).containsExactly("ab", " ab");
    assertThat(trained.merges()).isEqualTo(2);
  }

  @Test
  void piecesKeepToTheRules() {
    for (String piece : TRAINED.pieces()) {
      assertThat(piece.indexOf(' ', 1)).as(piece).isEqualTo(-1);
      String rest = piece.strip();
      boolean letters = rest.chars().anyMatch(Character::isLetter);
      boolean digits = rest.chars().anyMatch(Character::isDigit);
      boolean signs = rest.chars().anyMatch(c -> !Character.isLetterOrDigit(c));
      assertThat(letters && signs).as(piece).isFalse();
      assertThat(digits && piece.length() > 1).as(piece).isFalse();
      assertThat(piece).doesNotContain("\n").hasSizeLessThanOrEqualTo(16);
    }
    assertThat(TRAINED.pieces()).contains(" Lily", " time", "...", "1", "'", " \"");
  }

  @Test
  void aLineFeedIsAByte() {
    Tokenizer tokenizer = TRAINED.tokenizer();
    assertThat(pieces(tokenizer, "rain\n\nrain")).containsExactly(" rain", "\n", "\n", "rain");
  }

  @Test
  void separatorsAreNoTextAndBeginDocuments() {
    assertThat(words("a\n<|endoftext|>\nb\n<|cut|>\n\n<|endoftext|> c\n<|endoftext|>"))
        .containsOnlyKeys(" a", " b", " ", "<|", "endoftext", "|>", " c")
        .containsEntry(" a", 1L)
        .containsEntry("endoftext", 1L)
        .containsEntry("|>", 1L);
    assertThat(words("<|endoftext|>\n")).isEmpty();
    assertThat(words("<|endoftext|>\r\n")).isEmpty(); // as Windows writes it
  }

  @Test
  void separatorsAreFoundAcrossBuffers() {
    for (int before = (1 << 16) - 20; before < (1 << 16) + 2; before++) {
      String text = ".".repeat(before - 1) + "\n<|endoftext|>\n\uD83D\uDE00";
      assertThat(words(text)).as("%d", before).doesNotContainKey("endoftext").containsKey(" 😀");
    }
  }

  @Test
  void rareCharactersBecomeBytes() {
    String text = "abcd ".repeat(999) + "€x";
    TrainedTokenizer trained = new TokenizerTrainer(268, 0.999).train(words(text), "text");
    assertThat(trained.pieces()).doesNotContain("€", "x");
    assertThat(pieces(trained.tokenizer(), "a€").subList(1, 4)).hasSize(3);
    assertThat(exhausted(text, 1).pieces()).contains("€", "x");
  }

  @Test
  void theSpaceIsAlwaysACharacter() {
    assertThat(exhausted("x".repeat(5000), 0.5).pieces()).startsWith("x", " ");
  }

  @Test
  void aWordWithoutEndIsCut() {
    assertThat(words("a".repeat(1000)).keySet())
        .allSatisfy(word -> assertThat(word.length()).isBetween(1, Words.MAX_CHARACTERS));
  }

  @Test
  void theOrderOfDocumentsDoesNotMatter() {
    Random random = new Random(1);
    List<String> documents =
        IntStream.range(0, 200)
            .mapToObj(i ->
                random
                    .ints(20, 'a', 'f')
                    .mapToObj(c -> (char) c + (random.nextInt(4) == 0 ? " " : ""))
                    .collect(Collectors.joining()))
            .collect(Collectors.toList());
    byte[] first = train(String.join("\n<|endoftext|>\n", documents), 400).toBytes();
    assertThat(train(String.join("\n<|endoftext|>\n", documents), 400).toBytes()).isEqualTo(first);
    assertThat(train(String.join("\n<|endoftext|>\n", documents.reversed()), 400).toBytes())
        .isEqualTo(first);
  }

  @Test
  void sizesThatDoNotFitAreErrors() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenizerTrainer.ofVocabSize(259))
        .withMessageContaining("259");
    for (double coverage : new double[] {0, -1, 1.01, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TokenizerTrainer.ofVocabSize(300).withCharacterCoverage(coverage))
          .withMessageContaining(String.valueOf(coverage));
    }
    assertThatThrownBy(() -> train("ab cd", 260))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("at least 264 tokens")
        .hasMessageContaining("5 characters")
        .hasMessageContaining("260");
    assertThatThrownBy(() -> train("ab ab ab", 1000))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("for 264 tokens")
        .hasMessageContaining("1000");
  }

  @Test
  void textsThatAreNoneAreErrors() throws IOException {
    for (String empty : List.of("", "<|endoftext|>\n")) {
      assertThatThrownBy(() -> train(empty, 300))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("no text");
    }
    byte[] bytes = ("x".repeat(100_000) + "é").getBytes(StandardCharsets.UTF_8);
    for (byte[] invalid : List.of(Arrays.copyOf(bytes, bytes.length - 1), damaged(bytes))) {
      Path file = Files.write(folder.resolve("bad.txt"), invalid);
      assertThatThrownBy(() -> TokenizerTrainer.ofVocabSize(300).train(file))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("bad.txt, offset 100000:")
          .hasMessageContaining("UTF-8");
    }
    assertThatThrownBy(() -> TokenizerTrainer.ofVocabSize(300).train(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> TokenizerTrainer.ofVocabSize(300).train(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("folder");
  }

  private static byte[] damaged(byte[] bytes) {
    byte[] damaged = bytes.clone();
    damaged[100_000] = (byte) 0xFF;
    return damaged;
  }

  private static TrainedTokenizer train(String text, int vocabSize) {
    try {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      return TokenizerTrainer.ofVocabSize(vocabSize).train(new ByteArrayInputStream(utf8), "text");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static TrainedTokenizer exhausted(String text) {
    return exhausted(text, 1);
  }

  private static TrainedTokenizer exhausted(String text, double coverage) {
    return Trained.of(words(text), coverage, Integer.MAX_VALUE).tokenizer();
  }

  private static Map<String, Long> words(String text) {
    return Trained.words(text);
  }

  private static List<String> pieces(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text))
        .mapToObj(id -> text(tokenizer.pieceBytes(id)))
        .toList();
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
