package io.tmac.tokenizer;

import java.util.Set;

/**
 * Tokens that are known by their names. Files often give them no type, or a wrong one; llama.cpp
 * knows these names too, and treats them the same.
 */
final class ReservedNames {

  /** After these, generation ends. */
  static final Set<String> END =
      Set.of(
          "</s>",
          "<eos>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end|>",
          "<|call|>",
          "<|calls|>",
          "<|flush|>",
          "<|return|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|im_end|>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<end_of_turn>",
          "<end_of_utterance>",
          "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
          // The frame of code infilling: a file ends.
          "<|fim_pad|>",
          "<fim-pad>",
          "<fim_pad>",
          "<|fim_repo|>",
          "<|repo_name|>",
          "<fim-repo>",
          "<reponame>",
          "<|file_sep|>");

  /** These begin a part of a file to fill in. */
  private static final Set<String> FRAME =
      Set.of(
          "<|fim_prefix|>",
          "<fim-prefix>",
          "<fim_prefix>",
          "<|fim_suffix|>",
          "<fim-suffix>",
          "<fim_suffix>",
          "<|fim_middle|>",
          "<fim-middle>",
          "<fim_middle>",
          "<\uFF5Cfim\u2581begin\uFF5C>",
          "<\uFF5Cfim\u2581hole\uFF5C>",
          "<\uFF5Cfim\u2581end\uFF5C>",
          "<PRE>",
          "<SUF>",
          "<MID>",
          "\u2581<PRE>",
          "\u2581<SUF>",
          "\u2581<MID>");

  private ReservedNames() {}

  /** Says whether a token of this name is a control token whatever its type. */
  static boolean isControl(String name) {
    return END.contains(name) || FRAME.contains(name);
  }
}
