package io.tmac.quant.train;

import io.tmac.ModelConfig;
import java.util.Arrays;

/**
 * A llama that computes losses and gradients of texts of the same length. Weights are handed in
 * with each call. For one thread; it holds the activations, {@code O(texts * length)} memory.
 */
final class Network {
  private final Layout layout;
  private final int length;
  private final Block[] blocks;
  private final Norm norm;
  private final float[] x;
  private final float[] last;
  private final float[] roots;
  private final float[] dx;
  private final Block.Buffers buffers;
  private final Head head;

  /**
   * Reserves memory.
   *
   * @param texts the largest number of texts in a call
   * @param length tokens of each
   */
  Network(Layout layout, int texts, int length) {
    ModelConfig config = layout.config();
    this.layout = layout;
    this.length = length;
    int rows = Math.multiplyExact(texts, length);
    int floats = Math.multiplyExact(rows, Math.max(config.dim(), config.hiddenDim()));
    if (floats <= 0) {
      throw new IllegalArgumentException(texts + " texts of " + length + " tokens");
    }
    buffers = new Block.Buffers(config, rows, length);
    blocks = new Block[config.layers()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = new Block(config, layout.layer(i), rows, buffers);
    }
    norm = new Norm(config.dim(), config.rmsNormEps());
    x = new float[rows * config.dim()];
    last = new float[rows * config.dim()];
    roots = new float[rows];
    dx = new float[rows * config.dim()];
    head = new Head(layout, buffers.gemm);
  }

  /**
   * Computes what the classifier sees.
   *
   * @param tokens {@code [texts * length]}
   * @return {@code [texts * length x dim]}, good until the next call
   */
  float[] forward(float[] w, int[] tokens) {
    int dim = layout.config().dim();
    int texts = tokens.length / length;
    for (int row = 0; row < tokens.length; row++) {
      System.arraycopy(w, layout.embedding() + tokens[row] * dim, x, row * dim, dim);
    }
    for (Block block : blocks) {
      block.forward(w, x, texts, length);
    }
    norm.forward(x, tokens.length, w, layout.finalNorm(), last, roots);
    return last;
  }

  /**
   * Computes the logits of all positions.
   *
   * @return {@code [texts * length x vocabSize]}
   */
  float[] logits(float[] w, int[] tokens) {
    forward(w, tokens);
    int vocab = layout.config().vocabSize();
    float[] logits = new float[Math.multiplyExact(tokens.length, vocab)];
    head.logits(w, last, 0, tokens.length, logits);
    return logits;
  }

  /** Returns the sum of the negative log-likelihoods of the targets, in nats. */
  double loss(float[] w, int[] tokens, int[] targets) {
    forward(w, tokens);
    return head.loss(w, last, targets);
  }

  /**
   * Adds the gradients of the mean loss of a larger batch.
   *
   * @param targets the token that comes next, for each token
   * @param teacher what else the logits should be like, or null
   * @param factor what the sum of the losses is multiplied with: 1 / tokens of the batch
   * @param gradients of all weights, added to
   * @return the sum of the losses, in nats
   */
  double backward(
      float[] w, int[] tokens, int[] targets, Teacher teacher, float factor, float[] gradients) {
    forward(w, tokens);
    if (teacher != null) {
      teacher.read(tokens);
    }
    double loss = head.backward(w, last, targets, teacher, factor, buffers.dNormed, gradients);
    int dim = layout.config().dim();
    Arrays.fill(dx, 0, tokens.length * dim, 0);
    norm.backward(x, tokens.length, w, layout.finalNorm(), roots, buffers.dNormed, dx, gradients);
    for (int i = blocks.length - 1; i >= 0; i--) {
      blocks[i].backward(w, dx, tokens.length / length, length, gradients);
    }
    for (int row = 0; row < tokens.length; row++) {
      int at = layout.embedding() + tokens[row] * dim;
      for (int i = 0; i < dim; i++) {
        gradients[at + i] += dx[row * dim + i];
      }
    }
    return loss;
  }
}
