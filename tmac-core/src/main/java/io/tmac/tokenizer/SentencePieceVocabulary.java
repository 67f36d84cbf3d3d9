package io.tmac.tokenizer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A vocabulary of SentencePiece's BPE kind, with U+2581 for a space: the pair whose piece has the
 * highest score is merged first, and characters without a piece become byte tokens.
 *
 * @param tokens [vocabSize] the pieces
 * @param scores [vocabSize] kept, not copied
 * @param types [vocabSize]
 * @param addSpacePrefix whether a space goes before each stretch of text
 * @param marks the tokens around a text
 */
public record SentencePieceVocabulary(
    List<String> tokens,
    float[] scores,
    List<TokenType> types,
    boolean addSpacePrefix,
    TextMarks marks) {

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if there are no tokens, or not as many scores and types
   */
  public SentencePieceVocabulary {
    BpeVocabulary.checkSizes(tokens.size(), types.size());
    if (scores.length != tokens.size()) {
      throw new IllegalArgumentException(
          "expected " + tokens.size() + " scores, one for each token, found " + scores.length);
    }
  }

  /**
   * Reads llama2.c's {@code tokenizer.bin}, which is such a vocabulary with other names for the
   * space, BOS and EOS.
   *
   * @param file a {@code tokenizer.bin}
   * @param vocabSize the model's vocabulary size, at least 1
   * @return the vocabulary, its tokens as SentencePiece has them
   * @throws io.tmac.ModelFormatException if the file is damaged or does not have {@code vocabSize}
   *     tokens
   * @throws IOException if the file cannot be read
   */
  public static SentencePieceVocabulary read(Path file, int vocabSize) throws IOException {
    return TokenizerBin.read(file, vocabSize).vocabulary();
  }
}
