package io.tmac.quant.gguf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Finds llama.cpp's name for the pre-tokenizer of a {@code tokenizer.json}. GGUF files name it and
 * do not describe it, so that only those that have a name can be written.
 */
final class PreTokenizers {
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|";
  private static final String WORDS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Names by the expression that cuts the text. */
  private static final Map<String, String> BY_EXPRESSION =
      Map.of(
          CONTRACTIONS + WORDS + "\\p{N}{1,3}" + REST,
          "llama-bpe",
          CONTRACTIONS + WORDS + "\\p{N}" + REST,
          "qwen2",
          CONTRACTIONS
              + "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
              + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "qwen35",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
              + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "tekken");

  /** Those that take a piece that is a token unmerged. */
  private static final Set<String> WHOLE_PIECES = Set.of("llama-bpe", "tekken");

  private PreTokenizers() {}

  /**
   * The name of a pre-tokenizer of byte-level BPE.
   *
   * @param preTokenizer the description in the {@code tokenizer.json}
   * @param wholePieces whether a piece that is a token is taken unmerged ({@code ignore_merges})
   * @return llama.cpp's name, or empty if it is none of those that are known
   */
  static Optional<String> name(JsonNode preTokenizer, boolean wholePieces) {
    Optional<String> name = name(preTokenizer);
    if (WHOLE_PIECES.contains(name.orElse("")) == wholePieces) {
      return name;
    }
    return name.filter("llama-bpe"::equals).map(other -> "dbrx"); // the same, pieces merged
  }

  private static Optional<String> name(JsonNode preTokenizer) {
    List<JsonNode> steps =
        preTokenizer.path("type").asString("").equals("Sequence")
            ? preTokenizer.path("pretokenizers").valueStream().toList()
            : List.of(preTokenizer);
    JsonNode last = steps.isEmpty() ? preTokenizer : steps.getLast();
    boolean plain =
        last.path("type").asString("").equals("ByteLevel")
            && !last.path("add_prefix_space").asBoolean(true);
    if (!plain) {
      return Optional.empty();
    }
    boolean gpt2 = last.path("use_regex").asBoolean(true);
    if (steps.size() == 1) {
      return gpt2 ? Optional.of("gpt-2") : Optional.empty();
    }
    if (steps.size() > 2) {
      return Optional.empty();
    }
    JsonNode first = steps.getFirst();
    return switch (first.path("type").asString("")) {
      case "Digits" ->
          gpt2 && first.path("individual_digits").asBoolean(false)
              ? Optional.of("smollm")
              : Optional.empty();
      case "Split" ->
          !gpt2
                  && first.path("behavior").asString("").equals("Isolated")
                  && !first.path("invert").asBoolean(false)
              ? Optional.ofNullable(
                  BY_EXPRESSION.get(first.path("pattern").path("Regex").asString("")))
              : Optional.empty();
      default -> Optional.empty();
    };
  }
}
