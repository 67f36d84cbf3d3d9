package io.tmac.checkpoint.hf;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.Shape;
import io.tmac.format.Matrix;
import io.tmac.format.PackedTernary;
import io.tmac.format.WeightFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the tensors that the transformer uses among those of a folder. One whose shape is not that
 * of the config is a fault, and so is a tensor of a layer that the transformer has no use for: to
 * ignore it would be to run another model.
 */
final class HfTensors {
  static final String WEIGHT = ".weight";

  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String FINAL_NORM = "model.norm.weight";
  private static final String OUTPUT = "lm_head.weight";
  private static final Pattern OF_A_LAYER = Pattern.compile("model\\.layers\\.([0-9]+)\\.(.+)");

  /** Left in some files by old versions of the library; it follows from the config. */
  private static final String FREQUENCIES = "self_attn.rotary_emb.inv_freq";

  /** What the tensors of a layer are for. */
  private static final Map<String, String> ROLES = new LinkedHashMap<>();

  static {
    ROLES.put("input_layernorm.weight", "attention_norm");
    ROLES.put("self_attn.q_proj.weight", "wq");
    ROLES.put("self_attn.k_proj.weight", "wk");
    ROLES.put("self_attn.v_proj.weight", "wv");
    ROLES.put("self_attn.o_proj.weight", "wo");
    ROLES.put("post_attention_layernorm.weight", "ffn_norm");
    ROLES.put("mlp.gate_proj.weight", "w1");
    ROLES.put("mlp.down_proj.weight", "w2");
    ROLES.put("mlp.up_proj.weight", "w3");
    ROLES.put("self_attn.q_proj.bias", "wq_bias");
    ROLES.put("self_attn.k_proj.bias", "wk_bias");
    ROLES.put("self_attn.v_proj.bias", "wv_bias");
    ROLES.put("self_attn.q_norm.weight", "q_norm");
    ROLES.put("self_attn.k_norm.weight", "k_norm");
    ROLES.put("self_attn.attn_sub_norm.weight", "attention_sub_norm");
    ROLES.put("mlp.ffn_sub_norm.weight", "ffn_sub_norm");
  }

  private static final Set<String> MATRICES = Set.of("wq", "wk", "wv", "wo", "w1", "w2", "w3");
  private static final Set<String> NORMS = Set.of("attention_norm", "ffn_norm");

  private static final Set<String> BIASES = Set.of("wq_bias", "wk_bias", "wv_bias");

  private final String source;
  private final HfConfig config;
  private final Map<String, Matrix> tensors;
  private final Map<String, Matrix> roles = new LinkedHashMap<>();

  HfTensors(String source, HfConfig config, Map<String, Matrix> tensors) {
    this.source = source;
    this.config = config;
    this.tensors = tensors;
  }

  /** All tensors by their names. */
  Map<String, Matrix> all() {
    return tensors;
  }

  /** The format of the matrices. */
  WeightFormat format() {
    return roles.get("layers.0.wq").format();
  }

  /** The tensors that the transformer uses. */
  Map<String, Matrix> roles(JsonObject json) {
    ModelConfig model = config.model();
    put(EMBEDDING, Checkpoint.EMBEDDING);
    put(FINAL_NORM, Checkpoint.FINAL_NORM);
    if (!config.tied()) {
      put(OUTPUT, Checkpoint.OUTPUT);
    }
    for (int layer = 0; layer < model.layers(); layer++) {
      for (Map.Entry<String, String> entry : ROLES.entrySet()) {
        String name = "model.layers." + layer + "." + entry.getKey();
        String role = entry.getValue();
        boolean required =
            MATRICES.contains(role)
                || NORMS.contains(role)
                || config.family().extras.contains(role);
        if (required || (BIASES.contains(role) && tensors.containsKey(name))) {
          put(name, "layers." + layer + "." + role);
        }
      }
    }
    tensors.keySet().forEach(this::requireKnown);
    if (config.packing().isPresent() || config.family() == HfConfig.Family.BITNET) {
      requirePacked(json);
    }
    return roles;
  }

  /** The inputs of all matrices of the layers are rounded, so that all must be packed. */
  private void requirePacked(JsonObject json) {
    for (int layer = 0; layer < config.model().layers(); layer++) {
      for (String matrix : MATRICES) {
        if (!(roles.get("layers." + layer + "." + matrix).format() instanceof PackedTernary)) {
          throw HfConfig.notPacked(json);
        }
      }
    }
  }

  private void put(String name, String role) {
    Matrix matrix = tensors.get(name);
    Shape shape = Shape.of(config.model(), role);
    if (matrix == null) {
      throw new ModelFormatException(
          source,
          0,
          "tensor " + name + " of " + shape + " numbers",
          "none of a type that is supported (F32, F16, BF16, or packed weights)");
    }
    if (matrix.rows() != shape.rows() || matrix.cols() != shape.cols()) {
      throw new ModelFormatException(
          source,
          0,
          "tensor " + name + " of " + shape + " numbers, as config.json says",
          matrix.rows() + " x " + matrix.cols());
    }
    roles.put(role, matrix);
  }

  private void requireKnown(String name) {
    Matcher matcher = OF_A_LAYER.matcher(name);
    if (!matcher.matches() || matcher.group(2).equals(FREQUENCIES)) {
      return;
    }
    String role = ROLES.get(matcher.group(2).replaceFirst("weight_scale$", "weight"));
    if (role == null || !roles.containsKey("layers." + matcher.group(1) + "." + role)) {
      throw new UnsupportedModelException(
          source,
          0,
          "the tensors of "
              + config.model().layers()
              + " layers of a "
              + config.family().type
              + " model",
          "tensor " + name);
    }
  }
}
