package io.tmac.model;

import io.tmac.testing.LlamaShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A llama decoder in double, written from its definition and without a cache of keys and values:
 * nothing in it is shared with the library.
 */
public final class ReferenceTransformer {
  private static final double EPS = 1e-5;
  private static final double THETA = 10000;

  private final LlamaShape shape;
  private final Map<String, float[]> tensors;

  /**
   * Creates a decoder.
   *
   * @param tensors the values of each matrix and norm, by their names in a checkpoint
   */
  public ReferenceTransformer(LlamaShape shape, Map<String, float[]> tensors) {
    this.shape = shape;
    this.tensors = tensors;
  }

  /** The logits of all positions. */
  public double[][] logits(int[] tokens) {
    int dim = shape.dim();
    List<double[]> stream = new ArrayList<>();
    for (int token : tokens) {
      double[] x = new double[dim];
      for (int i = 0; i < dim; i++) {
        x[i] = tensors.get("tok_embeddings")[token * dim + i];
      }
      stream.add(x);
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      attention(stream, prefix);
      for (double[] x : stream) {
        add(x, feedForward(norm(x, prefix + "ffn_norm"), prefix));
      }
    }
    String classifier = shape.sharedClassifier() ? "tok_embeddings" : "output";
    return stream.stream().map(x -> multiply(classifier, norm(x, "norm"))).toArray(double[][]::new);
  }

  private void attention(List<double[]> stream, String prefix) {
    int headDim = shape.headDim();
    List<double[]> keys = new ArrayList<>();
    List<double[]> values = new ArrayList<>();
    for (int position = 0; position < stream.size(); position++) {
      double[] x = norm(stream.get(position), prefix + "attention_norm");
      double[] query = rotate(multiply(prefix + "wq", x), position);
      keys.add(rotate(multiply(prefix + "wk", x), position));
      values.add(multiply(prefix + "wv", x));
      double[] out = new double[shape.dim()];
      for (int head = 0; head < shape.heads(); head++) {
        int kv = head / (shape.heads() / shape.kvHeads()) * headDim;
        attend(query, head * headDim, keys, values, kv, out);
      }
      add(stream.get(position), multiply(prefix + "wo", out));
    }
  }

  private void attend(
      double[] query, int at, List<double[]> keys, List<double[]> values, int kv, double[] out) {
    int headDim = shape.headDim();
    double[] weights = new double[keys.size()];
    double sum = 0;
    for (int p = 0; p < weights.length; p++) {
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

  private double[] feedForward(double[] x, String prefix) {
    double[] gate = multiply(prefix + "w1", x);
    double[] up = multiply(prefix + "w3", x);
    for (int i = 0; i < gate.length; i++) {
      gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
    }
    return multiply(prefix + "w2", gate);
  }

  private double[] norm(double[] x, String name) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / x.length + EPS);
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = tensors.get(name)[i] * x[i] * scale;
    }
    return out;
  }

  private double[] rotate(double[] x, int position) {
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i += 2) {
      double angle = position * Math.pow(THETA, -(double) (i % shape.headDim()) / shape.headDim());
      out[i] = x[i] * Math.cos(angle) - x[i + 1] * Math.sin(angle);
      out[i + 1] = x[i] * Math.sin(angle) + x[i + 1] * Math.cos(angle);
    }
    return out;
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
