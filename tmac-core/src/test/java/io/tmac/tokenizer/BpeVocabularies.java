package io.tmac.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Small vocabularies, written by hand. */
final class BpeVocabularies {

  /** The ids of single bytes are the bytes; then come these. */
  static final int T_H = 256;

  static final int TH_E = 257;
  static final int SPACE_THE = 258;
  static final int A_A = 259;
  static final int AA_AA = 260;
  static final int BOS = 261;
  static final int END = 262;
  static final int TOOL = 263;

  private BpeVocabularies() {}

  /** All bytes, "th", "the", " the", "aa", "aaaa", two control tokens and a user-defined one. */
  static BpeVocabulary byteLevel(String preTokenizer) {
    List<String> tokens = new ArrayList<>();
    List<TokenType> types = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      tokens.add(String.valueOf(ByteAlphabet.character((byte) value)));
    }
    tokens.addAll(List.of("th", "the", "\u0120the", "aa", "aaaa"));
    tokens.forEach(token -> types.add(TokenType.NORMAL));
    tokens.addAll(List.of("<|begin|>", "<|im_end|>", "<tool>"));
    types.addAll(List.of(TokenType.CONTROL, TokenType.NORMAL, TokenType.USER_DEFINED));
    return new BpeVocabulary(
        tokens,
        types,
        List.of("t h", "th e", "\u0120 the", "a a", "aa aa", "x unknown", "a", "a "),
        preTokenizer,
        new TextMarks(
            OptionalInt.of(BOS), OptionalInt.empty(), OptionalInt.empty(), Set.of(), true, false));
  }

  /** The tokenizer of that vocabulary. */
  static Tokenizer byteLevelTokenizer(String preTokenizer) {
    return Tokenizer.of("test.gguf", byteLevel(preTokenizer));
  }

  /** {@code <unk>}, BOS, EOS, 256 bytes, then pieces with scores, then "<tool>". */
  static SentencePieceVocabulary sentencePiece(boolean addSpacePrefix) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<TokenType> types =
        new ArrayList<>(List.of(TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL));
    for (int value = 0; value < 256; value++) {
      tokens.add("<0x%02X>".formatted(value));
      types.add(TokenType.BYTE);
    }
    List<String> pieces =
        List.of("\u2581", "t", "h", "e", "a", "é", "th", "he", "the", "\u2581the", "aa", "<s");
    for (String piece : pieces) {
      tokens.add(piece);
      types.add(TokenType.NORMAL);
    }
    tokens.add("<tool>");
    types.add(TokenType.USER_DEFINED);
    float[] scores = new float[tokens.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = -id;
    }
    return new SentencePieceVocabulary(
        tokens,
        scores,
        types,
        addSpacePrefix,
        new TextMarks(
            OptionalInt.of(1), OptionalInt.of(2), OptionalInt.of(0), Set.of(), true, false));
  }
}
