package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.RopeScaling;
import io.tmac.testing.LlamaShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A llama decoder in double, written from its definition and without a cache of keys and values:
 * nothing in it is shared with the library but the description of the model.
 */
public final class ReferenceTransformer {
  private final ModelConfig config;
  private final Map<String, float[]> tensors;

  /**
   * Creates a decoder.
   *
   * @param tensors the values of each matrix and norm, by their roles in a checkpoint
   */
  public ReferenceTransformer(ModelConfig config, Map<String, float[]> tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /** Creates a decoder for a model of llama2.c. */
  public ReferenceTransformer(LlamaShape shape, Map<String, float[]> tensors) {
    this(shape.config(), tensors);
  }

  /** The logits of all positions. */
  public double[][] logits(int[] tokens) {
    int dim = config.dim();
    List<double[]> stream = new ArrayList<>();
    for (int token : tokens) {
      double[] x = new double[dim];
      for (int i = 0; i < dim; i++) {
        x[i] = tensors.get("tok_embeddings")[token * dim + i];
      }
      stream.add(x);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      attention(stream, prefix);
      for (double[] x : stream) {
        add(x, feedForward(norm(x, prefix + "ffn_norm"), prefix));
      }
    }
    String classifier = tensors.containsKey("output") ? "output" : "tok_embeddings";
    return stream.stream().map(x -> multiply(classifier, norm(x, "norm"))).toArray(double[][]::new);
  }

  private void attention(List<double[]> stream, String prefix) {
    int headDim = config.headDim();
    List<double[]> keys = new ArrayList<>();
    List<double[]> values = new ArrayList<>();
    for (int position = 0; position < stream.size(); position++) {
      double[] x = packedInput(norm(stream.get(position), prefix + "attention_norm"));
      double[] q = biased(multiply(prefix + "wq", x), prefix + "wq_bias");
      double[] k = biased(multiply(prefix + "wk", x), prefix + "wk_bias");
      double[] query = rotate(normHeads(q, prefix + "q_norm"), position);
      keys.add(rotate(normHeads(k, prefix + "k_norm"), position));
      values.add(biased(multiply(prefix + "wv", x), prefix + "wv_bias"));
      double[] out = new double[config.heads() * headDim];
      for (int head = 0; head < config.heads(); head++) {
        int kv = head / (config.heads() / config.kvHeads()) * headDim;
        attend(query, head * headDim, keys, values, kv, out);
      }
      if (tensors.containsKey(prefix + "attention_sub_norm")) {
        out = norm(out, prefix + "attention_sub_norm");
      }
      add(stream.get(position), multiply(prefix + "wo", packedInput(out)));
    }
  }

  private void attend(
      double[] query, int at, List<double[]> keys, List<double[]> values, int kv, double[] out) {
    int headDim = config.headDim();
    double[] weights = new double[keys.size()];
    double sum = 0;
    for (int p = 0; p < weights.length; p++) {
      if (config.slidingWindow() > 0 && weights.length - 1 - p >= config.slidingWindow()) {
        continue;
      }
      double dot = 0;
      for (int d = 0; d < headDim; d++) {
        dot += query[at + d] * keys.get(p)[kv + d];
      }
      weights[p] = Math.exp(dot / Math.sqrt(headDim));
      sum += weights[p];
    }
    for (int p = 0; p < weights.length; p++) {
      for (int d = 0; d < headDim; d++) {
        out[at + d] += weights[p] / sum * values.get(p)[kv + d];
      }
    }
  }

  private double[] feedForward(double[] normed, String prefix) {
    double[] x = packedInput(normed);
    double[] gate = multiply(prefix + "w1", x);
    double[] up = multiply(prefix + "w3", x);
    for (int i = 0; i < gate.length; i++) {
      double activated =
          config.gate() == Gate.SILU
              ? gate[i] / (1 + Math.exp(-gate[i]))
              : gate[i] > 0 ? gate[i] * gate[i] : 0;
      gate[i] = activated * up[i];
    }
    if (tensors.containsKey(prefix + "ffn_sub_norm")) {
      gate = norm(gate, prefix + "ffn_sub_norm");
    }
    return multiply(prefix + "w2", packedInput(gate));
  }

  /** BitNet: every input of a packed matrix has 8 bits, with one scale per token. */
  private double[] packedInput(double[] x) {
    if (!config.int8Inputs()) {
      return x;
    }
    double max = 1e-5;
    for (double value : x) {
      max = Math.max(max, Math.abs(value));
    }
    double[] rounded = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double code = Math.rint(x[i] * (127 / max));
      rounded[i] = Math.max(-128, Math.min(127, code)) / (127 / max);
    }
    return rounded;
  }

  private double[] norm(double[] x, String name) {
    return norm(x, 0, x.length, tensors.get(name));
  }

  private double[] norm(double[] x, int from, int length, float[] weight) {
    double squares = 0;
    for (int i = from; i < from + length; i++) {
      squares += x[i] * x[i];
    }
    double scale = 1 / Math.sqrt(squares / length + config.rmsNormEps());
    double[] out = new double[length];
    for (int i = 0; i < length; i++) {
      out[i] = weight[i] * x[from + i] * scale;
    }
    return out;
  }

  private double[] normHeads(double[] x, String name) {
    float[] weight = tensors.get(name);
    if (weight == null) {
      return x;
    }
    double[] out = new double[x.length];
    for (int head = 0; head < x.length; head += config.headDim()) {
      double[] normed = norm(x, head, config.headDim(), weight);
      System.arraycopy(normed, 0, out, head, normed.length);
    }
    return out;
  }

  private double[] biased(double[] x, String name) {
    float[] bias = tensors.get(name);
    for (int i = 0; bias != null && i < x.length; i++) {
      x[i] += bias[i];
    }
    return x;
  }

  private double[] rotate(double[] x, int position) {
    int headDim = config.headDim();
    double[] out = new double[x.length];
    for (int head = 0; head < x.length; head += headDim) {
      for (int j = 0; j < headDim / 2; j++) {
        boolean interleaved = config.ropePairs() == RopePairs.INTERLEAVED;
        int first = head + (interleaved ? 2 * j : j);
        int second = head + (interleaved ? 2 * j + 1 : j + headDim / 2);
        double angle = position * frequency(j);
        out[first] = x[first] * Math.cos(angle) - x[second] * Math.sin(angle);
        out[second] = x[first] * Math.sin(angle) + x[second] * Math.cos(angle);
      }
    }
    return out;
  }

  /** Llama 3.1 as transformers computes it. */
  private double frequency(int pair) {
    double f = 1 / Math.pow(config.ropeTheta(), 2.0 * pair / config.headDim());
    return switch (config.ropeScaling()) {
      case RopeScaling.None none -> f;
      case RopeScaling.Linear linear -> f / linear.factor();
      case RopeScaling.Divisors divisors -> f / divisors.values().get(pair);
      case RopeScaling.Llama3 s -> {
        double wavelength = 2 * Math.PI / f;
        if (wavelength < s.originalContext() / s.highFreqFactor()) {
          yield f;
        }
        if (wavelength > s.originalContext() / s.lowFreqFactor()) {
          yield f / s.factor();
        }
        double smooth =
            (s.originalContext() / wavelength - s.lowFreqFactor())
                / (s.highFreqFactor() - s.lowFreqFactor());
        yield (1 - smooth) * f / s.factor() + smooth * f;
      }
    };
  }

  private double[] multiply(String name, double[] x) {
    float[] matrix = tensors.get(name);
    double[] y = new double[matrix.length / x.length];
    for (int r = 0; r < y.length; r++) {
      for (int c = 0; c < x.length; c++) {
        y[r] += matrix[r * x.length + c] * x[c];
      }
    }
    return y;
  }

  private static void add(double[] x, double[] delta) {
    for (int i = 0; i < x.length; i++) {
      x[i] += delta[i];
    }
  }
}
