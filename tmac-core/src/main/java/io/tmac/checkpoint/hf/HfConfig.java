package io.tmac.checkpoint.hf;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.RopeScaling;
import io.tmac.UnsupportedModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What {@code config.json} says of a model. Keys that are absent have the values that the
 * transformers library gives them.
 *
 * @param family the kind of model
 * @param model its description
 * @param tied whether the embedding is the classifier; a tensor for it is then not used
 * @param packing what the scales of packed matrices mean, if there are any
 */
record HfConfig(Family family, ModelConfig model, boolean tied, Optional<Packing> packing) {

  /** Kinds of models by their {@code model_type}. */
  enum Family {
    LLAMA("llama", Gate.SILU),
    MISTRAL("mistral", Gate.SILU),
    QWEN2("qwen2", Gate.SILU, "wq_bias", "wk_bias", "wv_bias"),
    QWEN3("qwen3", Gate.SILU, "q_norm", "k_norm"),
    BITNET("bitnet", Gate.SQUARED_RELU, "attention_sub_norm", "ffn_sub_norm");

    final String type;
    private final Gate gate;

    /** The tensors of a layer that such a model has besides those that all have. */
    final List<String> extras;

    Family(String type, Gate gate, String... extras) {
      this.type = type;
      this.gate = gate;
      this.extras = List.of(extras);
    }
  }

  /** What the scale of a packed matrix means. */
  enum Packing {
    /** Weights are codes times the scale ({@code autobitlinear}). */
    MULTIPLY,
    /** Weights are codes divided by the scale ({@code bitlinear}). */
    DIVIDE;

    float factor(float scale) {
      return this == MULTIPLY ? scale : 1 / scale;
    }
  }

  private static final int LLAMA_CONTEXT = 2048;
  private static final int MISTRAL_WINDOW = 4096;

  static HfConfig of(JsonObject json) {
    String type =
        json.string("model_type")
            .orElseThrow(() -> json.fault("model_type", "one of " + types(), "nothing"));
    Family family =
        Arrays.stream(Family.values())
            .filter(f -> f.type.equals(type))
            .findFirst()
            .orElseThrow(() -> json.unsupported("model_type", "one of " + types(), type));
    Optional<Packing> packing = packing(json);
    boolean tied = json.flag("tie_word_embeddings", family == Family.BITNET);
    return new HfConfig(family, model(json, family, packing.isPresent()), tied, packing);
  }

  private static String types() {
    return String.join(", ", Arrays.stream(Family.values()).map(f -> f.type).toList());
  }

  private static ModelConfig model(JsonObject json, Family family, boolean packed) {
    boolean bitNet = family == Family.BITNET;
    int dim = json.integer("hidden_size", 1);
    int heads = json.integer("num_attention_heads", 1);
    int kvHeads = json.integer("num_key_value_heads", 1, heads);
    if (heads % kvHeads != 0) {
      throw json.fault(
          "num_key_value_heads", "a divisor of num_attention_heads = " + heads, "" + kvHeads);
    }
    if (!json.has("head_dim") && dim % heads != 0) {
      throw json.fault(
          "num_attention_heads", "a divisor of hidden_size = " + dim + ", or head_dim", "" + heads);
    }
    int headDim = json.integer("head_dim", 2, dim / heads);
    if (headDim % 2 != 0 || (long) headDim * heads > Integer.MAX_VALUE) {
      throw json.fault("head_dim", "even, and the heads less than 2^31 wide", "" + headDim);
    }
    if (json.positive("partial_rotary_factor", 1) != 1) {
      throw json.unsupported("partial_rotary_factor", "1", "another number");
    }
    JsonObject rope = json.object("rope_parameters").orElse(json);
    double theta = rope.positive("rope_theta", json.positive("rope_theta", bitNet ? 5e5 : 1e4));
    return new ModelConfig(
        dim,
        json.integer("intermediate_size", 1),
        json.integer("num_hidden_layers", 1),
        heads,
        kvHeads,
        headDim,
        json.integer("vocab_size", 1),
        json.integer("max_position_embeddings", 1, LLAMA_CONTEXT),
        (float) theta,
        json.positive("rms_norm_eps", bitNet ? 1e-5 : 1e-6),
        RopePairs.HALVES,
        ropeScaling(json),
        gate(json, family),
        window(json, family),
        packed);
  }

  private static Gate gate(JsonObject json, Family family) {
    Optional<String> name = json.string("hidden_act");
    return switch (name.orElse("")) {
      case "" -> family.gate;
      case "silu", "swish" -> Gate.SILU;
      case "relu2" -> Gate.SQUARED_RELU;
      default -> throw json.unsupported("hidden_act", "silu or relu2", name.orElseThrow());
    };
  }

  private static RopeScaling ropeScaling(JsonObject json) {
    Optional<JsonObject> found =
        json.object("rope_scaling").or(() -> json.object("rope_parameters"));
    if (found.isEmpty() || found.get().names().isEmpty()) {
      return new RopeScaling.None();
    }
    JsonObject rope = found.get();
    if (rope.positive("partial_rotary_factor", 1) != 1) {
      throw rope.unsupported("partial_rotary_factor", "1", "another number");
    }
    String key = rope.has("rope_type") ? "rope_type" : "type";
    return switch (rope.string(key).orElse(rope.has("rope_theta") ? "default" : "")) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.positive("factor"));
      case "llama3" -> {
        double low = rope.positive("low_freq_factor");
        double high = rope.positive("high_freq_factor");
        if (high <= low) {
          throw rope.fault("high_freq_factor", "above low_freq_factor = " + low, "" + high);
        }
        int context = rope.integer("original_max_position_embeddings", 1);
        yield new RopeScaling.Llama3(rope.positive("factor"), low, high, context);
      }
      case "" -> throw rope.unsupported(key, "default, linear or llama3", "nothing");
      default ->
          throw rope.unsupported(key, "default, linear or llama3", rope.string(key).orElseThrow());
    };
  }

  /** Qwen can have a window in some layers only, which is not supported. */
  private static int window(JsonObject json, Family family) {
    boolean qwen = family == Family.QWEN2 || family == Family.QWEN3;
    List<String> layerTypes = json.strings("layer_types");
    boolean mixed = layerTypes.stream().distinct().count() > 1;
    boolean full = !layerTypes.isEmpty() && layerTypes.getFirst().equals("full_attention");
    if (mixed || (!layerTypes.isEmpty() && !full && !windowed(layerTypes))) {
      throw json.unsupported(
          "layer_types", "full_attention or sliding_attention in all layers", "others");
    }
    if (full || (qwen && !json.flag("use_sliding_window", false))) {
      return 0;
    }
    if (qwen
        && json.integer("max_window_layers", 0, Integer.MAX_VALUE) > 0
        && layerTypes.isEmpty()) {
      throw json.unsupported("max_window_layers", "0: a window in all layers", "more");
    }
    boolean byDefault = family == Family.MISTRAL && !json.names().contains("sliding_window");
    return json.integer("sliding_window", 0, byDefault ? MISTRAL_WINDOW : 0);
  }

  private static boolean windowed(List<String> layerTypes) {
    return layerTypes.getFirst().equals("sliding_attention");
  }

  private static Optional<Packing> packing(JsonObject json) {
    Optional<JsonObject> found = json.object("quantization_config");
    if (found.isEmpty()) {
      return Optional.empty();
    }
    JsonObject quantization = found.get();
    String method = quantization.string("quant_method").orElse("");
    if (!method.equals("bitnet")) {
      throw quantization.unsupported("quant_method", "bitnet", JsonObject.shown(method));
    }
    if (quantization.flag("use_rms_norm", false)) {
      throw quantization.unsupported("use_rms_norm", "false", "true");
    }
    String linear = quantization.string("linear_class").orElse("bitlinear");
    return switch (linear) {
      case "autobitlinear" -> Optional.of(Packing.MULTIPLY);
      case "bitlinear" -> Optional.of(Packing.DIVIDE);
      default ->
          throw quantization.unsupported("linear_class", "autobitlinear or bitlinear", linear);
    };
  }

  /** A model whose matrices, or some of them, its own code would pack on the fly. */
  static UnsupportedModelException notPacked(JsonObject json) {
    return json.unsupported(
        "quantization_config",
        "that of a model whose layers are packed",
        "weights that are not; download the packed variant of this model");
  }
}
