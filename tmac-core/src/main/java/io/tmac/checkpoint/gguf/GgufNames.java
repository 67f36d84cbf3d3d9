package io.tmac.checkpoint.gguf;

import io.tmac.checkpoint.Checkpoint;
import java.util.Map;
import java.util.stream.Collectors;

/** What GGUF files call the tensors of a model. */
public final class GgufNames {
  static final String EMBEDDING = "token_embd.weight";

  /** The roles of tensors outside layers. */
  static final Map<String, String> ROLES =
      Map.of(
          EMBEDDING,
          Checkpoint.EMBEDDING,
          "output_norm.weight",
          Checkpoint.FINAL_NORM,
          "output.weight",
          Checkpoint.OUTPUT);

  /** The roles of a layer's tensors, which are called {@code blk.N.} and this. */
  static final Map<String, String> LAYER_ROLES =
      Map.ofEntries(
          Map.entry("attn_norm.weight", "attention_norm"),
          Map.entry("attn_q.weight", "wq"),
          Map.entry("attn_k.weight", "wk"),
          Map.entry("attn_v.weight", "wv"),
          Map.entry("attn_output.weight", "wo"),
          Map.entry("ffn_norm.weight", "ffn_norm"),
          Map.entry("ffn_gate.weight", "w1"),
          Map.entry("ffn_down.weight", "w2"),
          Map.entry("ffn_up.weight", "w3"),
          Map.entry("attn_q.bias", "wq_bias"),
          Map.entry("attn_k.bias", "wk_bias"),
          Map.entry("attn_v.bias", "wv_bias"),
          Map.entry("attn_q_norm.weight", "q_norm"),
          Map.entry("attn_k_norm.weight", "k_norm"),
          Map.entry("attn_sub_norm.weight", "attention_sub_norm"),
          Map.entry("ffn_sub_norm.weight", "ffn_sub_norm"));

  private static final Map<String, String> NAMES = inverse(ROLES);
  private static final Map<String, String> LAYER_NAMES = inverse(LAYER_ROLES);

  private GgufNames() {}

  private static Map<String, String> inverse(Map<String, String> roles) {
    return roles.entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));
  }

  /**
   * The name of a tensor.
   *
   * @param role what it is for: one of the names of {@link Checkpoint}
   * @return for example {@code blk.0.attn_q.weight}
   * @throws IllegalArgumentException if there is no such role
   */
  public static String of(String role) {
    String[] parts = role.split("\\.", 3);
    String name = parts.length == 3 ? LAYER_NAMES.get(parts[2]) : NAMES.get(role);
    if (name == null) {
      throw new IllegalArgumentException(role);
    }
    return parts.length == 3 ? "blk." + parts[1] + "." + name : name;
  }
}
