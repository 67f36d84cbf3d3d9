package io.tmac.tokenizer;

import io.tmac.UnsupportedModelException;
import io.tmac.tokenizer.BytePairEncoder.Unit;
import io.tmac.tokenizer.PieceDecoder.LeadingSpace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Makes tokenizers of the vocabularies that GGUF files hold. */
final class VocabularyTokenizers {

  private static final String SPACE = "\u2581";

  private VocabularyTokenizers() {}

  static Tokenizer sentencePiece(SentencePieceVocabulary source) {
    List<String> tokens = source.tokens();
    List<TokenType> types = types(tokens, source.types());
    List<byte[]> pieces = tokens.stream().map(VocabularyTokenizers::utf8).toList();
    BitSet findable = new BitSet(tokens.size());
    BitSet bytes = new BitSet(tokens.size());
    int[] byteIds = noBytes();
    for (int id = tokens.size() - 1; id >= 0; id--) { // of equal byte tokens the lowest id stays
      switch (types.get(id)) {
        case NORMAL, USER_DEFINED, UNUSED -> findable.set(id);
        case BYTE -> {
          int value = PieceDecoder.byteValue(pieces.get(id));
          if (value >= 0) {
            bytes.set(id);
            byteIds[value] = id;
          }
        }
        case UNKNOWN, CONTROL -> {}
      }
    }
    Vocabulary vocabulary = Vocabulary.of(pieces, findable);
    Normalizer spaces = new Normalizer.Replace(" ", SPACE);
    BytePairEncoder encoder =
        new BytePairEncoder(
            vocabulary,
            new ScoredMerges(vocabulary, source.scores()),
            Unit.CHARACTER_OR_BYTES,
            byteIds,
            source.marks().unknownId().orElse(Vocabulary.NOT_FOUND),
            false,
            false);
    return tokenizer(
        source.marks(),
        tokens,
        types,
        source.addSpacePrefix()
            ? new Normalizer.Sequence(List.of(new Normalizer.Prepend(" "), spaces))
            : spaces,
        PreTokenizer.NONE,
        encoder,
        bytes,
        source.addSpacePrefix() ? LeadingSpace.EACH : LeadingSpace.NONE);
  }

  static Tokenizer byteLevel(String file, BpeVocabulary source) {
    NamedPreTokenizers.Named pre =
        NamedPreTokenizers.find(source.preTokenizer())
            .orElseThrow(() ->
                new UnsupportedModelException(
                    file,
                    0,
                    "a pre-tokenizer of " + NamedPreTokenizers.names(),
                    source.preTokenizer()));
    List<String> tokens = source.tokens();
    List<TokenType> types = types(tokens, source.types());
    BitSet findable = new BitSet(tokens.size());
    List<byte[]> pieces = new ArrayList<>(tokens.size());
    for (int id = 0; id < tokens.size(); id++) {
      boolean text =
          switch (types.get(id)) {
            case NORMAL, UNUSED, BYTE -> true;
            case UNKNOWN, CONTROL, USER_DEFINED -> false;
          };
      pieces.add(byteLevelPiece(tokens.get(id), text, id, findable));
    }
    Vocabulary vocabulary = Vocabulary.of(pieces, findable);
    BytePairEncoder encoder =
        new BytePairEncoder(
            vocabulary,
            byteLevelMerges(vocabulary, source.merges()),
            Unit.BYTE,
            singleBytes(vocabulary),
            source.marks().unknownId().orElse(Vocabulary.NOT_FOUND),
            false,
            pre.wholePieces());
    return tokenizer(
        source.marks(),
        tokens,
        types,
        Normalizer.NONE,
        pre.splits(),
        encoder,
        new BitSet(),
        LeadingSpace.NONE);
  }

  private static Tokenizer tokenizer(
      TextMarks marks,
      List<String> tokens,
      List<TokenType> types,
      Normalizer normalizer,
      PreTokenizer preTokenizer,
      BytePairEncoder encoder,
      BitSet bytes,
      LeadingSpace leadingSpace) {
    BitSet control = new BitSet(tokens.size());
    BitSet added = new BitSet(tokens.size());
    BitSet ends = ends(marks, tokens);
    List<AddedTokens.Added> plain = new ArrayList<>();
    List<AddedTokens.Added> all = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      TokenType type = types.get(id);
      if (type == TokenType.CONTROL || type == TokenType.UNKNOWN) {
        control.set(id);
      } else if (type == TokenType.USER_DEFINED) {
        plain.add(new AddedTokens.Added(id, tokens.get(id)));
      } else {
        continue;
      }
      added.set(id);
      all.add(new AddedTokens.Added(id, tokens.get(id)));
    }
    return new BytePairTokenizer(
        marks,
        control,
        ends,
        new BytePairTokenizer.Cutters(
            new AddedTokens(plain),
            AddedTokens.NONE,
            new AddedTokens(all),
            AddedTokens.NONE,
            new AddedTokens(all)),
        normalizer,
        preTokenizer,
        encoder,
        new PieceDecoder(
            encoder.vocabulary(), bytes, added, encoder.unit() != Unit.BYTE, leadingSpace));
  }

  /** Corrects the types of tokens that are known by their names. */
  private static List<TokenType> types(List<String> tokens, List<TokenType> types) {
    List<TokenType> corrected = new ArrayList<>(types);
    for (int id = 0; id < tokens.size(); id++) {
      if (ReservedNames.isControl(tokens.get(id))) {
        corrected.set(id, TokenType.CONTROL);
      }
    }
    return corrected;
  }

  /** The tokens after which generation ends. */
  static BitSet ends(TextMarks marks, List<String> tokens) {
    BitSet ends = new BitSet(tokens.size());
    marks.eosId().ifPresent(ends::set);
    marks.endIds().forEach(ends::set);
    for (int id = 0; id < tokens.size(); id++) {
      if (ReservedNames.END.contains(tokens.get(id))) {
        ends.set(id);
      }
    }
    return ends;
  }

  /**
   * Returns the bytes of a piece that is written in {@link ByteAlphabet}, or of a name. A piece
   * with other characters prints as it is and is never found.
   */
  static byte[] byteLevelPiece(String token, boolean text, int id, BitSet findable) {
    byte[] bytes = text ? ByteAlphabet.bytes(token) : null;
    if (bytes == null) {
      return utf8(token);
    }
    findable.set(id);
    return bytes;
  }

  static int[] singleBytes(Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      ids[value] = vocabulary.find(new byte[] {(byte) value}, 0, 1);
    }
    return ids;
  }

  static int[] noBytes() {
    int[] ids = new int[256];
    Arrays.fill(ids, Vocabulary.NOT_FOUND);
    return ids;
  }

  private static Merges byteLevelMerges(Vocabulary vocabulary, List<String> lines) {
    RankedMerges.Builder merges = new RankedMerges.Builder();
    for (String line : lines) {
      int space = line.indexOf(' ', 1);
      byte[] left = space < 0 ? null : ByteAlphabet.bytes(line.substring(0, space));
      byte[] right = space < 0 ? null : ByteAlphabet.bytes(line.substring(space + 1));
      if (left != null && right != null) {
        merges.add(vocabulary, left, right);
      }
    }
    return merges.build();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
