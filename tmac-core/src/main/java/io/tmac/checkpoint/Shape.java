package io.tmac.checkpoint;

import io.tmac.ModelConfig;

/**
 * The shape of a tensor.
 *
 * @param rows number of rows; 1 for norms and biases
 * @param cols number of columns
 */
public record Shape(int rows, int cols) {

  /**
   * The shape that a tensor must have.
   *
   * @param config the model's shape
   * @param role what the tensor is for: one of the names of {@link Checkpoint}, with or without
   *     {@code layers.N.}
   * @return the shape
   * @throws IllegalArgumentException if there is no such role
   */
  public static Shape of(ModelConfig config, String role) {
    return switch (role.substring(role.lastIndexOf('.') + 1)) {
      case Checkpoint.EMBEDDING, Checkpoint.OUTPUT -> new Shape(config.vocabSize(), config.dim());
      case Checkpoint.FINAL_NORM, "attention_norm", "ffn_norm" -> new Shape(1, config.dim());
      case "wq" -> new Shape(config.queryDim(), config.dim());
      case "wk", "wv" -> new Shape(config.kvDim(), config.dim());
      case "wo" -> new Shape(config.dim(), config.queryDim());
      case "w1", "w3" -> new Shape(config.hiddenDim(), config.dim());
      case "w2" -> new Shape(config.dim(), config.hiddenDim());
      case "wq_bias", "attention_sub_norm" -> new Shape(1, config.queryDim());
      case "wk_bias", "wv_bias" -> new Shape(1, config.kvDim());
      case "q_norm", "k_norm" -> new Shape(1, config.headDim());
      case "ffn_sub_norm" -> new Shape(1, config.hiddenDim());
      default -> throw new IllegalArgumentException(role);
    };
  }

  @Override
  public String toString() {
    return rows + " x " + cols;
  }
}
