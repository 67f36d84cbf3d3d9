package io.tmac.checkpoint.gguf;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.ModelFormatException;
import io.tmac.RopeScaling;
import io.tmac.UnsupportedModelException;
import io.tmac.format.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/** The model families that GGUF files name in {@code general.architecture}. */
enum GgufArchitecture {
  /** Llama 1 to 3, Mistral, SmolLM2 and others. */
  LLAMA("llama", RopePairs.INTERLEAVED, Gate.SILU, Set.of()),
  /** Qwen 2 and 2.5. */
  QWEN2("qwen2", RopePairs.HALVES, Gate.SILU, Set.of("wq_bias", "wk_bias", "wv_bias")),
  /** Qwen 3. */
  QWEN3("qwen3", RopePairs.HALVES, Gate.SILU, Set.of("q_norm", "k_norm")),
  /** BitNet b1.58. */
  BITNET(
      "bitnet-b1.58",
      RopePairs.HALVES,
      Gate.SQUARED_RELU,
      Set.of("attention_sub_norm", "ffn_sub_norm")),
  /** The same under its first name. */
  BITNET_25(
      "bitnet-25",
      RopePairs.HALVES,
      Gate.SQUARED_RELU,
      Set.of("attention_sub_norm", "ffn_sub_norm"));

  private static final String KEY = "general.architecture";

  /** What every layer has. */
  private static final Set<String> COMMON =
      Set.of("attention_norm", "wq", "wk", "wv", "wo", "ffn_norm", "w1", "w2", "w3");

  /** What every layer may have. */
  private static final Set<String> OPTIONAL = Set.of("wq_bias", "wk_bias", "wv_bias");

  private static final float DEFAULT_THETA = 10000;

  private final String id;
  private final RopePairs pairs;
  private final Gate gate;
  private final Set<String> required;

  GgufArchitecture(String id, RopePairs pairs, Gate gate, Set<String> required) {
    this.id = id;
    this.pairs = pairs;
    this.gate = gate;
    this.required = required;
  }

  /** The architecture that a file names. */
  static GgufArchitecture of(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String name =
        metadata.string(KEY).orElseThrow(() -> metadata.fault(KEY, "given", "no such key"));
    for (GgufArchitecture architecture : values()) {
      if (architecture.id.equals(name)) {
        return architecture;
      }
    }
    throw new UnsupportedModelException(
        file.source(),
        metadata.offset(KEY),
        "one of the architectures "
            + Arrays.stream(values()).map(GgufArchitecture::id).collect(Collectors.joining(", ")),
        name);
  }

  /** Returns the name in files. */
  String id() {
    return id;
  }

  /** Whether layers must have a tensor for this. */
  boolean requires(String role) {
    return COMMON.contains(role) || required.contains(role);
  }

  /** Whether layers may have a tensor for this, which may be null. */
  boolean has(String role) {
    return role != null && (requires(role) || OPTIONAL.contains(role));
  }

  /**
   * The shape of a model.
   *
   * @param file the file
   * @param vocabSize rows of the embedding
   * @param divisors of the frequencies of the position embedding, if the file has them
   */
  ModelConfig config(GgufFile file, int vocabSize, Optional<Matrix> divisors) {
    Keys keys = new Keys(file, id + ".");
    keys.refuse("expert_count", 0, "a model without experts");
    int dim = keys.positive("embedding_length");
    int layers = keys.positive("block_count");
    int heads = keys.ofLayers("attention.head_count", layers);
    int kvHeads =
        keys.has("attention.head_count_kv")
            ? keys.ofLayers("attention.head_count_kv", layers)
            : heads;
    int headDim = headDim(keys, dim, heads);
    int contextLength = keys.positive("context_length");
    keys.refuse("attention.value_length", headDim, "values as long as keys, " + headDim);
    keys.refuse("rope.dimension_count", headDim, "whole heads of " + headDim + " to be turned");
    try {
      return new ModelConfig(
          dim,
          keys.ofLayers("feed_forward_length", layers),
          layers,
          heads,
          kvHeads,
          headDim,
          vocabSize,
          contextLength,
          (float) keys.number("rope.freq_base").orElse(DEFAULT_THETA),
          (float) keys.required("attention.layer_norm_rms_epsilon"),
          pairs,
          scaling(keys, headDim, divisors),
          gate,
          window(keys, contextLength),
          gate == Gate.SQUARED_RELU);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          file.source(),
          file.metadata().offset(KEY),
          "metadata of a possible model",
          e.getMessage());
    }
  }

  private static int headDim(Keys keys, int dim, int heads) {
    if (keys.has("attention.key_length")) {
      return keys.positive("attention.key_length");
    }
    if (dim % heads != 0) {
      throw keys.fault("attention.head_count", "a divisor of embedding_length " + dim, heads);
    }
    return dim / heads;
  }

  private static int window(Keys keys, int contextLength) {
    int window =
        keys.has("attention.sliding_window") ? keys.positiveOrZero("attention.sliding_window") : 0;
    return window < contextLength ? window : 0;
  }

  private static RopeScaling scaling(Keys keys, int headDim, Optional<Matrix> divisors) {
    String type = keys.string("rope.scaling.type").orElse("linear");
    double factor = 1;
    switch (type) {
      case "none" -> {}
      case "linear" -> {
        OptionalDouble old = keys.number("rope.scale_linear");
        factor = keys.number("rope.scaling.factor").orElse(old.orElse(1));
        factor = factor == 0 ? 1 : factor;
      }
      default ->
          throw keys.unsupported("rope.scaling.type", "no scaling, linear or rope_freqs", type);
    }
    if (divisors.isPresent()) {
      Matrix matrix = divisors.get();
      if (matrix.rows() != 1 || matrix.cols() != headDim / 2) {
        throw keys.fault(
            "attention.head_count",
            "in line with " + headDim / 2 + " values of " + matrix.name(),
            matrix.rows() + " x " + matrix.cols());
      }
      float[] values = new float[matrix.cols()];
      matrix.decodeRow(0, values);
      List<Float> all = new ArrayList<>();
      for (float value : values) {
        all.add((float) (value * factor));
      }
      return new RopeScaling.Divisors(all);
    }
    return factor == 1 ? new RopeScaling.None() : new RopeScaling.Linear(factor);
  }

  /** The metadata of one architecture. */
  private record Keys(GgufFile file, String prefix) {

    boolean has(String key) {
      return file.metadata().keys().contains(prefix + key);
    }

    ModelFormatException fault(String key, String expected, Object found) {
      return file.metadata().fault(prefix + key, expected, found);
    }

    UnsupportedModelException unsupported(String key, String expected, Object found) {
      return new UnsupportedModelException(
          file.source(),
          file.metadata().offset(prefix + key),
          expected,
          prefix + key + " = " + found);
    }

    /** Refuses a model that has another value than this, or than 0. */
    void refuse(String key, long expected, String what) {
      long value = file.metadata().integer(prefix + key).orElse(expected);
      if (value != expected) {
        throw unsupported(key, what, value);
      }
    }

    Optional<String> string(String key) {
      return file.metadata().string(prefix + key);
    }

    OptionalDouble number(String key) {
      return file.metadata().number(prefix + key);
    }

    double required(String key) {
      return number(key).orElseThrow(() -> fault(key, "given", "no such key"));
    }

    int positive(String key) {
      return positive(key, positiveOrZero(key));
    }

    int positiveOrZero(String key) {
      return checked(
          key,
          file.metadata()
              .integer(prefix + key)
              .orElseThrow(() -> fault(key, "given", "no such key")));
    }

    /** An integer, or an array that has the same one for each layer. */
    int ofLayers(String key, int layers) {
      if (!file.metadata().isArray(prefix + key)) {
        return positive(key);
      }
      int[] values = file.metadata().ints(prefix + key).orElseThrow();
      if (values.length != layers) {
        throw fault(
            key,
            "an integer, or " + layers + ", one for each layer",
            "an array of " + values.length);
      }
      if (Arrays.stream(values).distinct().count() != 1) {
        String some = Arrays.toString(Arrays.copyOf(values, Math.min(values.length, 8)));
        throw unsupported(key, "layers that are alike", some + " and so on");
      }
      return positive(key, checked(key, values[0]));
    }

    private int positive(String key, int value) {
      if (value == 0) {
        throw fault(key, "positive", value);
      }
      return value;
    }

    private int checked(String key, long value) {
      if (value < 0 || value > Integer.MAX_VALUE) {
        throw fault(key, "an integer from 0 to 2^31 - 1", value);
      }
      return (int) value;
    }
  }
}
