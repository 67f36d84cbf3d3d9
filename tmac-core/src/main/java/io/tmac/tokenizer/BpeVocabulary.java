package io.tmac.tokenizer;

import java.util.List;

/**
 * A vocabulary of byte-level BPE, as GPT-2 has it: pieces are written in an alphabet of 256
 * printable characters, one for each byte, and pairs merge in the order of a list.
 *
 * @param tokens [vocabSize] the pieces; those of type control and user-defined as plain text
 * @param types [vocabSize]
 * @param merges two pieces with a space between, the first to merge first; a line that names a
 *     piece that is not there is passed over
 * @param preTokenizer how a text is cut before it is merged, by llama.cpp's name
 * @param marks the tokens around a text
 */
public record BpeVocabulary(
    List<String> tokens,
    List<TokenType> types,
    List<String> merges,
    String preTokenizer,
    TextMarks marks) {

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if there are no tokens, or not as many types
   */
  public BpeVocabulary {
    checkSizes(tokens.size(), types.size());
  }

  static void checkSizes(int tokens, int types) {
    if (tokens == 0) {
      throw new IllegalArgumentException("expected tokens, found none");
    }
    if (types != tokens) {
      throw new IllegalArgumentException(
          "expected " + tokens + " token types, one for each token, found " + types);
    }
  }
}
