package io.tmac.quant.train;

import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the weights of a llama are in one array of floats. Weights, gradients and the optimizer's
 * moments have the same layout.
 *
 * @param config the model's shape
 * @param tied whether the classifier is the embedding
 * @param tensors all tensors, in the order of the array
 * @param size the number of floats
 */
record Layout(ModelConfig config, boolean tied, List<Tensor> tensors, int size) {

  /**
   * A tensor {@code [rows x cols]} within the array.
   *
   * @param role its name in a checkpoint
   * @param at its first float
   * @param rows 1 for a norm
   * @param cols floats in a row
   */
  record Tensor(String role, int at, int rows, int cols) {

    int end() {
      return at + rows * cols;
    }

    /** Norms stay floats and do not decay. */
    boolean isMatrix() {
      return !role.endsWith("norm");
    }
  }

  /** The tensors of a layer. */
  record Layer(
      int attentionNorm, int wq, int wk, int wv, int wo, int ffnNorm, int w1, int w2, int w3) {}

  /**
   * Lays out a model.
   *
   * @throws IllegalArgumentException if it has more weights than an array holds
   */
  static Layout of(ModelConfig config, boolean tied) {
    List<Tensor> tensors = new ArrayList<>();
    int dim = config.dim();
    int at = add(tensors, 0, Checkpoint.EMBEDDING, config.vocabSize(), dim);
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      at = add(tensors, at, prefix + "attention_norm", 1, dim);
      at = add(tensors, at, prefix + "wq", config.queryDim(), dim);
      at = add(tensors, at, prefix + "wk", config.kvDim(), dim);
      at = add(tensors, at, prefix + "wv", config.kvDim(), dim);
      at = add(tensors, at, prefix + "wo", dim, config.queryDim());
      at = add(tensors, at, prefix + "ffn_norm", 1, dim);
      at = add(tensors, at, prefix + "w1", config.hiddenDim(), dim);
      at = add(tensors, at, prefix + "w2", dim, config.hiddenDim());
      at = add(tensors, at, prefix + "w3", config.hiddenDim(), dim);
    }
    at = add(tensors, at, Checkpoint.FINAL_NORM, 1, dim);
    if (!tied) {
      at = add(tensors, at, Checkpoint.OUTPUT, config.vocabSize(), dim);
    }
    return new Layout(config, tied, List.copyOf(tensors), at);
  }

  private static int add(List<Tensor> tensors, int at, String role, int rows, int cols) {
    tensors.add(new Tensor(role, at, rows, cols));
    long end = at + (long) rows * cols;
    if (end > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "a model of more than " + Integer.MAX_VALUE + " weights cannot be trained");
    }
    return (int) end;
  }

  /** Tensors before the first layer, and of each layer. */
  private static final int BEFORE = 1;

  private static final int PER_LAYER = 9;

  int embedding() {
    return 0;
  }

  int finalNorm() {
    return tensors.get(BEFORE + PER_LAYER * config.layers()).at();
  }

  int classifier() {
    return tied ? embedding() : tensors.getLast().at();
  }

  Layer layer(int layer) {
    int first = BEFORE + PER_LAYER * layer;
    return new Layer(
        tensors.get(first).at(),
        tensors.get(first + 1).at(),
        tensors.get(first + 2).at(),
        tensors.get(first + 3).at(),
        tensors.get(first + 4).at(),
        tensors.get(first + 5).at(),
        tensors.get(first + 6).at(),
        tensors.get(first + 7).at(),
        tensors.get(first + 8).at());
  }

  /** Weights of matrices that a token is multiplied with: all but the embedding's lookup. */
  long multiplied() {
    long matrices =
        tensors.stream().filter(Tensor::isMatrix).mapToLong(t -> t.end() - t.at()).sum();
    return tied ? matrices : matrices - (long) config.vocabSize() * config.dim();
  }
}
