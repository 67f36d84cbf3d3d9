package io.tmac.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The pre-tokenizers that GGUF files name in {@code tokenizer.ggml.pre}. Each is a list of
 * expressions; every one cuts the pieces that the one before has left.
 */
final class NamedPreTokenizers {

  /**
   * A pre-tokenizer.
   *
   * @param splits its steps
   * @param wholePieces whether a piece that is a token is taken unmerged
   */
  record Named(PreTokenizer splits, boolean wholePieces) {}

  /** Contractions as these files' own software reads them: ASCII letters only. */
  private static final String CONTRACTIONS =
      "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|";

  /** White space, the last character of which belongs to a word that follows. */
  private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** GPT-2's, also the one that ByteLevel of a tokenizer.json stands for. */
  static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final String LLAMA3 =
      CONTRACTIONS
          + "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
          + SPACES;

  private static final String QWEN2 =
      CONTRACTIONS
          + "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
          + SPACES;

  private static final String QWEN35 =
      CONTRACTIONS
          + "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
          + SPACES;

  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

  private static final String TEKKEN =
      ("[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+|")
          + ("[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*|")
          + "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|"
          + SPACES;

  private static final Map<String, Named> BY_NAME = new TreeMap<>();

  static {
    put(split(GPT2), false, "gpt-2", "phi-2", "olmo", "mpt", "jais", "trillion", "exaone4");
    put(
        split("\\p{N}", GPT2),
        false,
        "smollm",
        "starcoder",
        "refact",
        "command-r",
        "codeshell",
        "exaone",
        "minerva-7b");
    put(
        split(LLAMA3),
        true,
        "llama-bpe",
        "llama3",
        "llama-v3",
        "falcon3",
        "falcon-h1",
        "pixtral",
        "midm-2.0",
        "lfm2");
    put(split(LLAMA3), false, "dbrx", "smaug-bpe");
    put(
        split(QWEN2),
        false,
        "qwen2",
        "deepseek-r1-qwen",
        "stablelm2",
        "megrez",
        "hunyuan",
        "solar-open",
        "grok-2");
    put(split(QWEN35), false, "qwen35");
    put(split(TEKKEN), true, "tekken");
    put(split("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"), false, "default");
  }

  private NamedPreTokenizers() {}

  static Optional<Named> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** All names, for messages. */
  static String names() {
    return String.join(", ", BY_NAME.keySet());
  }

  private static List<PreTokenizer> split(String... expressions) {
    return Arrays.stream(expressions).<PreTokenizer>map(PreTokenizer.Split::isolated).toList();
  }

  private static void put(List<PreTokenizer> splits, boolean wholePieces, String... names) {
    Named named = new Named(new PreTokenizer.Sequence(splits), wholePieces);
    for (String name : names) {
      BY_NAME.put(name, named);
    }
  }
}
