package io.tmac.quant.train;

import io.tmac.ModelConfig;

/**
 * One layer of a llama for the tokens of several texts: attention and a gated feed-forward network,
 * each behind a norm and added to what came in. Keeps what the way back needs and computes the rest
 * again. For one thread.
 */
final class Block {
  private final ModelConfig config;
  private final Layout.Layer at;
  private final Buffers buffers;
  private final Norm norm;
  private final float[] input;
  private final float[] attentionRoots;
  private final float[] q;
  private final float[] k;
  private final float[] v;
  private final float[] attended;
  private final float[] middle;
  private final float[] ffnRoots;
  private final float[] gate;
  private final float[] up;

  /** What the layers of a network share, as only one of them computes at a time. */
  static final class Buffers {
    final FloatGemm gemm;
    final Linear linear;
    final Attention attention;
    final Rotation rotation;
    final float[] normed;
    final float[] dNormed;
    final float[] hidden;
    final float[] dGate;
    final float[] dUp;
    final float[] dAttended;
    final float[] dq;
    final float[] dk;
    final float[] dv;

    Buffers(ModelConfig config, int rows, int length) {
      gemm = new FloatGemm();
      linear = new Linear(gemm);
      attention = new Attention(config, gemm);
      rotation = new Rotation(config, length);
      normed = new float[rows * config.dim()];
      dNormed = new float[rows * config.dim()];
      hidden = new float[rows * config.hiddenDim()];
      dGate = new float[rows * config.hiddenDim()];
      dUp = new float[rows * config.hiddenDim()];
      dAttended = new float[rows * config.queryDim()];
      dq = new float[rows * config.queryDim()];
      dk = new float[rows * config.kvDim()];
      dv = new float[rows * config.kvDim()];
    }
  }

  /**
   * Reserves memory.
   *
   * @param rows tokens of all texts together
   */
  Block(ModelConfig config, Layout.Layer at, int rows, Buffers buffers) {
    this.config = config;
    this.at = at;
    this.buffers = buffers;
    norm = new Norm(config.dim(), config.rmsNormEps());
    input = new float[rows * config.dim()];
    attentionRoots = new float[rows];
    q = new float[rows * config.queryDim()];
    k = new float[rows * config.kvDim()];
    v = new float[rows * config.kvDim()];
    attended = new float[rows * config.queryDim()];
    middle = new float[rows * config.dim()];
    ffnRoots = new float[rows];
    gate = new float[rows * config.hiddenDim()];
    up = new float[rows * config.hiddenDim()];
  }

  /**
   * Computes the layer.
   *
   * @param w all weights
   * @param x {@code [texts * length x dim]}, replaced by the layer's output
   */
  void forward(float[] w, float[] x, int texts, int length) {
    int rows = texts * length;
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    Linear linear = buffers.linear;
    System.arraycopy(x, 0, input, 0, rows * dim);
    float[] normed = buffers.normed;
    norm.forward(x, rows, w, at.attentionNorm(), normed, attentionRoots);
    linear.forward(normed, rows, dim, w, at.wq(), config.queryDim(), q, false);
    linear.forward(normed, rows, dim, w, at.wk(), config.kvDim(), k, false);
    linear.forward(normed, rows, dim, w, at.wv(), config.kvDim(), v, false);
    buffers.rotation.forward(q, rows, config.queryDim(), length);
    buffers.rotation.forward(k, rows, config.kvDim(), length);
    buffers.attention.forward(q, k, v, texts, length, attended);
    linear.forward(attended, rows, config.queryDim(), w, at.wo(), dim, x, true);
    System.arraycopy(x, 0, middle, 0, rows * dim);
    norm.forward(x, rows, w, at.ffnNorm(), normed, ffnRoots);
    linear.forward(normed, rows, dim, w, at.w1(), hiddenDim, gate, false);
    linear.forward(normed, rows, dim, w, at.w3(), hiddenDim, up, false);
    SwiGlu.forward(gate, 0, up, 0, buffers.hidden, 0, rows * hiddenDim);
    linear.forward(buffers.hidden, rows, hiddenDim, w, at.w2(), dim, x, true);
  }

  /**
   * Adds the gradients of the weights.
   *
   * @param dx gradient of the layer's output, replaced by that of its input
   * @param gradients of all weights
   */
  void backward(float[] w, float[] dx, int texts, int length, float[] gradients) {
    feedForwardBackward(w, dx, texts * length, gradients);
    attentionBackward(w, dx, texts, length, gradients);
  }

  private void feedForwardBackward(float[] w, float[] dx, int rows, float[] gradients) {
    int dim = config.dim();
    int hiddenDim = config.hiddenDim();
    Linear linear = buffers.linear;
    float[] hidden = buffers.hidden;
    float[] dGate = buffers.dGate;
    float[] dUp = buffers.dUp;
    SwiGlu.forward(gate, 0, up, 0, hidden, 0, rows * hiddenDim);
    linear.backwardWeights(hidden, rows, hiddenDim, dx, dim, gradients, at.w2());
    linear.backwardInput(dx, rows, dim, w, at.w2(), hiddenDim, hidden, false);
    SwiGlu.backward(gate, 0, up, 0, hidden, 0, dGate, 0, dUp, 0, rows * hiddenDim);
    float[] normed = buffers.normed;
    norm.again(middle, rows, w, at.ffnNorm(), ffnRoots, normed);
    linear.backwardWeights(normed, rows, dim, dGate, hiddenDim, gradients, at.w1());
    linear.backwardWeights(normed, rows, dim, dUp, hiddenDim, gradients, at.w3());
    float[] dNormed = buffers.dNormed;
    linear.backwardInput(dGate, rows, hiddenDim, w, at.w1(), dim, dNormed, false);
    linear.backwardInput(dUp, rows, hiddenDim, w, at.w3(), dim, dNormed, true);
    norm.backward(middle, rows, w, at.ffnNorm(), ffnRoots, dNormed, dx, gradients);
  }

  private void attentionBackward(float[] w, float[] dx, int texts, int length, float[] gradients) {
    int rows = texts * length;
    int dim = config.dim();
    int queryDim = config.queryDim();
    int kvDim = config.kvDim();
    Linear linear = buffers.linear;
    float[] dAttended = buffers.dAttended;
    float[] dq = buffers.dq;
    float[] dk = buffers.dk;
    float[] dv = buffers.dv;
    linear.backwardWeights(attended, rows, queryDim, dx, dim, gradients, at.wo());
    linear.backwardInput(dx, rows, dim, w, at.wo(), queryDim, dAttended, false);
    buffers.attention.backward(q, k, v, attended, dAttended, texts, length, dq, dk, dv);
    buffers.rotation.backward(dq, rows, queryDim, length);
    buffers.rotation.backward(dk, rows, kvDim, length);
    float[] normed = buffers.normed;
    norm.again(input, rows, w, at.attentionNorm(), attentionRoots, normed);
    linear.backwardWeights(normed, rows, dim, dq, queryDim, gradients, at.wq());
    linear.backwardWeights(normed, rows, dim, dk, kvDim, gradients, at.wk());
    linear.backwardWeights(normed, rows, dim, dv, kvDim, gradients, at.wv());
    float[] dNormed = buffers.dNormed;
    linear.backwardInput(dq, rows, queryDim, w, at.wq(), dim, dNormed, false);
    linear.backwardInput(dk, rows, kvDim, w, at.wk(), dim, dNormed, true);
    linear.backwardInput(dv, rows, kvDim, w, at.wv(), dim, dNormed, true);
    norm.backward(input, rows, w, at.attentionNorm(), attentionRoots, dNormed, dx, gradients);
  }
}
