package io.tmac.quant.gguf;

import io.tmac.tokenizer.SentencePieceVocabulary;
import io.tmac.tokenizer.TokenType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * A tokenizer as GGUF files hold it ({@code tokenizer.ggml.*}).
 *
 * @param model {@code llama} for SentencePiece, {@code gpt2} for byte-level BPE
 * @param preTokenizer how a text is cut before pairs merge, by llama.cpp's name
 * @param tokens the tokens
 * @param types what they are for
 * @param scores {@code [tokens]} of SentencePiece, else empty
 * @param merges of BPE, else empty
 * @param addSpacePrefix whether a space goes before the text; for SentencePiece
 * @param marks the tokens around a text
 * @param templates the chat templates; the one named {@code default} is the usual one
 */
record GgufVocabulary(
    String model,
    String preTokenizer,
    List<String> tokens,
    List<TokenType> types,
    float[] scores,
    List<String> merges,
    boolean addSpacePrefix,
    Marks marks,
    List<Template> templates) {
  private static final String PREFIX = "tokenizer.ggml.";

  /** A chat template. */
  record Template(String name, String text) {}

  /**
   * The tokens around a text.
   *
   * @param bos begins it
   * @param eos ends it
   * @param eot ends a turn, where that is another token
   * @param unknown stands for what has no token
   * @param addBos whether the model wants BOS before a text
   * @param addEos whether it wants EOS behind it
   */
  record Marks(
      OptionalInt bos,
      OptionalInt eos,
      OptionalInt eot,
      OptionalInt unknown,
      boolean addBos,
      boolean addEos) {}

  /** That of a {@code tokenizer.bin}. */
  static GgufVocabulary of(SentencePieceVocabulary vocabulary) {
    return new GgufVocabulary(
        "llama",
        "default",
        vocabulary.tokens(),
        vocabulary.types(),
        vocabulary.scores(),
        List.of(),
        vocabulary.addSpacePrefix(),
        new Marks(
            vocabulary.marks().bosId(),
            vocabulary.marks().eosId(),
            vocabulary.marks().endIds().stream().mapToInt(Integer::intValue).findFirst(),
            vocabulary.marks().unknownId(),
            vocabulary.marks().addBos(),
            vocabulary.marks().addEos()),
        List.of());
  }

  /** The same with one token for each row of an embedding that has more rows than that. */
  GgufVocabulary padded(int rows) {
    if (rows <= tokens.size()) {
      return this;
    }
    List<String> allTokens = new ArrayList<>(tokens);
    List<TokenType> allTypes = new ArrayList<>(types);
    float[] allScores = scores.length == 0 ? scores : Arrays.copyOf(scores, rows);
    for (int id = tokens.size(); id < rows; id++) {
      allTokens.add("[PAD" + id + "]");
      allTypes.add(TokenType.UNUSED);
    }
    return new GgufVocabulary(
        model,
        preTokenizer,
        allTokens,
        allTypes,
        allScores,
        merges,
        addSpacePrefix,
        marks,
        templates);
  }

  /** Puts everything into the metadata of a file. */
  void put(GgufEntries entries) {
    entries.string(PREFIX + "model", model);
    entries.string(PREFIX + "pre", preTokenizer);
    entries.strings(PREFIX + "tokens", tokens);
    if (scores.length > 0) {
      entries.floats(PREFIX + "scores", scores);
    }
    entries.ints(PREFIX + "token_type", types.stream().mapToInt(GgufVocabulary::number).toArray());
    if (!merges.isEmpty()) {
      entries.strings(PREFIX + "merges", merges);
    }
    marks.bos.ifPresent(id -> entries.uint32(PREFIX + "bos_token_id", id));
    marks.eos.ifPresent(id -> entries.uint32(PREFIX + "eos_token_id", id));
    marks.eot.ifPresent(id -> entries.uint32(PREFIX + "eot_token_id", id));
    marks.unknown.ifPresent(id -> entries.uint32(PREFIX + "unknown_token_id", id));
    entries.bool(PREFIX + "add_bos_token", marks.addBos);
    entries.bool(PREFIX + "add_eos_token", marks.addEos);
    if (model.equals("llama")) {
      entries.bool(PREFIX + "add_space_prefix", addSpacePrefix);
    }
    for (Template template : templates) {
      String suffix = template.name.equals("default") ? "" : "." + template.name;
      entries.string("tokenizer.chat_template" + suffix, template.text);
    }
  }

  private static int number(TokenType type) {
    return switch (type) {
      case NORMAL -> 1;
      case UNKNOWN -> 2;
      case CONTROL -> 3;
      case USER_DEFINED -> 4;
      case UNUSED -> 5;
      case BYTE -> 6;
    };
  }
}
