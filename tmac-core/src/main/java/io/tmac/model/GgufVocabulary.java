package io.tmac.model;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.gguf.GgufMetadata;
import io.tmac.tokenizer.BpeVocabulary;
import io.tmac.tokenizer.SentencePieceVocabulary;
import io.tmac.tokenizer.TextMarks;
import io.tmac.tokenizer.TokenType;
import io.tmac.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The vocabulary in the metadata of a GGUF file.
 *
 * <pre>
 *   tokenizer.ggml.model           "llama" (SentencePiece) or "gpt2" (byte-level BPE)
 *   tokenizer.ggml.pre             how "gpt2" cuts a text
 *   tokenizer.ggml.tokens          [vocabSize] strings
 *   tokenizer.ggml.token_type      [vocabSize] 1 normal, 2 unknown, 3 control, 4 user-defined,
 *                                  5 unused, 6 byte; absent: byte for "llama" where the
 *                                  name is <0xNN>, else normal
 *   tokenizer.ggml.scores          [vocabSize], "llama" only
 *   tokenizer.ggml.merges          "a b" strings, "gpt2" only
 *   tokenizer.ggml.add_space_prefix                       "llama": true if absent
 *   tokenizer.ggml.{bos,eos,eot,eom,unknown}_token_id     one that is no token counts as absent
 *   tokenizer.ggml.add_{bos,eos}_token
 * </pre>
 */
final class GgufVocabulary {
  private static final String PREFIX = "tokenizer.ggml.";

  /** Llama 3's vocabulary, which files of BitNet models use without saying so. */
  private static final int LLAMA3_TOKENS = 128256;

  /** These want BOS unless the file says otherwise. */
  private static final Set<String> PRE_WITH_BOS =
      Set.of(
          "llama-bpe",
          "llama3",
          "llama-v3",
          "falcon3",
          "falcon-h1",
          "pixtral",
          "midm-2.0",
          "lfm2",
          "tekken");

  private static final Pattern BYTE_NAME = Pattern.compile("<0x[0-9A-F]{2}>");

  private final String source;
  private final GgufMetadata metadata;
  private final List<String> tokens;

  private GgufVocabulary(String source, GgufMetadata metadata) {
    this.source = source;
    this.metadata = metadata;
    this.tokens = List.of(required("tokens", metadata.strings(PREFIX + "tokens").orElse(null)));
    if (tokens.isEmpty()) {
      throw metadata.fault(PREFIX + "tokens", "tokens", "none");
    }
  }

  /**
   * Makes a tokenizer of the metadata.
   *
   * @param source the file's name, for messages
   * @throws ModelFormatException if a part is missing or does not fit the others
   * @throws UnsupportedModelException if it is of another kind
   */
  static Tokenizer tokenizer(String source, GgufMetadata metadata) {
    String model = metadata.string(PREFIX + "model").orElse("none");
    return switch (model) {
      case "llama" -> new GgufVocabulary(source, metadata).sentencePiece();
      case "gpt2" -> new GgufVocabulary(source, metadata).byteLevel();
      default ->
          throw new UnsupportedModelException(
              source, 0, "a " + PREFIX + "model of llama or gpt2", model);
    };
  }

  private Tokenizer sentencePiece() {
    float[] scores = required("scores", metadata.floats(PREFIX + "scores").orElse(null));
    checkCount("scores", scores.length);
    TextMarks marks = marks(OptionalInt.of(1), OptionalInt.of(2), OptionalInt.of(0), true);
    boolean prefix = metadata.bool(PREFIX + "add_space_prefix").orElse(true);
    return Tokenizer.of(
        new SentencePieceVocabulary(tokens, scores, types(marks, true), prefix, marks));
  }

  private Tokenizer byteLevel() {
    String[] merges = required("merges", metadata.strings(PREFIX + "merges").orElse(null));
    String pre = preTokenizer();
    OptionalInt none = OptionalInt.empty();
    TextMarks marks = marks(none, none, none, PRE_WITH_BOS.contains(pre));
    return Tokenizer.of(
        source, new BpeVocabulary(tokens, types(marks, false), List.of(merges), pre, marks));
  }

  private String preTokenizer() {
    boolean bitNet =
        metadata.string("general.architecture").orElse("").startsWith("bitnet")
            || tokens.size() == LLAMA3_TOKENS;
    return metadata.string(PREFIX + "pre").orElse(bitNet ? "llama-bpe" : "default");
  }

  private List<TokenType> types(TextMarks marks, boolean namesBytes) {
    int[] codes = metadata.ints(PREFIX + "token_type").orElse(null);
    if (codes == null) {
      List<TokenType> types = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        boolean isByte = namesBytes && BYTE_NAME.matcher(token).matches();
        types.add(isByte ? TokenType.BYTE : TokenType.NORMAL);
      }
      marks.bosId().ifPresent(id -> types.set(id, TokenType.CONTROL));
      marks.eosId().ifPresent(id -> types.set(id, TokenType.CONTROL));
      return types;
    }
    checkCount("token_type", codes.length);
    List<TokenType> types = new ArrayList<>(codes.length);
    for (int code : codes) {
      types.add(type(code));
    }
    return types;
  }

  private TokenType type(int code) {
    return switch (code) {
      case 1 -> TokenType.NORMAL;
      case 2 -> TokenType.UNKNOWN;
      case 3 -> TokenType.CONTROL;
      case 4 -> TokenType.USER_DEFINED;
      case 5 -> TokenType.UNUSED;
      case 6 -> TokenType.BYTE;
      default -> throw metadata.fault(PREFIX + "token_type", "types of 1 to 6", code);
    };
  }

  private TextMarks marks(
      OptionalInt defaultBos, OptionalInt defaultEos, OptionalInt defaultUnknown, boolean addsBos) {
    OptionalInt bos = token("bos", defaultBos);
    OptionalInt eos = token("eos", defaultEos);
    Set<Integer> ends = new HashSet<>();
    token("eot", OptionalInt.empty()).ifPresent(ends::add);
    token("eom", OptionalInt.empty()).ifPresent(ends::add);
    boolean addBos = metadata.bool(PREFIX + "add_bos_token").orElse(addsBos && bos.isPresent());
    boolean addEos = metadata.bool(PREFIX + "add_eos_token").orElse(false);
    if (addBos && bos.isEmpty()) {
      throw metadata.fault(PREFIX + "add_bos_token", "a bos_token_id to add", "none");
    }
    if (addEos && eos.isEmpty()) {
      throw metadata.fault(PREFIX + "add_eos_token", "an eos_token_id to add", "none");
    }
    return new TextMarks(bos, eos, token("unknown", defaultUnknown), ends, addBos, addEos);
  }

  /** Returns the token of a name; the default if there is none, or a number that is no token. */
  private OptionalInt token(String name, OptionalInt absent) {
    OptionalLong id = metadata.integer(PREFIX + name + "_token_id");
    if (id.isPresent() && id.getAsLong() >= 0 && id.getAsLong() < tokens.size()) {
      return OptionalInt.of((int) id.getAsLong());
    }
    return absent.isPresent() && absent.getAsInt() < tokens.size() ? absent : OptionalInt.empty();
  }

  private <T> T required(String name, T value) {
    if (value == null) {
      throw new ModelFormatException(source, 0, "metadata " + PREFIX + name, "none");
    }
    return value;
  }

  private void checkCount(String name, int count) {
    if (count != tokens.size()) {
      throw metadata.fault(
          PREFIX + name, tokens.size() + " elements, one for each token", count + " elements");
    }
  }
}
