package io.tmac.tokenizer;

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
}
