package io.tmac.quant.train;

import io.tmac.ModelConfig;
import java.util.Arrays;

/**
 * Causal attention of texts of the same length, with grouped keys and values, and its gradient.
 * Probabilities are not kept: the way back computes them again, a block of queries at a time (Dao
 * et al. 2022, "FlashAttention", algorithm 4). For one thread.
 */
final class Attention {
  /** Queries whose scores are in hand at a time. */
  private static final int BLOCK = 64;

  private final int heads;
  private final int group;
  private final int headDim;
  private final int queryDim;
  private final int kvDim;
  private final float scale;
  private final FloatGemm gemm;
  private final float[] stats = new float[2];
  private float[] scores = {};
  private float[] gradients = {};

  Attention(ModelConfig config, FloatGemm gemm) {
    heads = config.heads();
    group = heads / config.kvHeads();
    headDim = config.headDim();
    queryDim = config.queryDim();
    kvDim = config.kvDim();
    scale = (float) (1 / Math.sqrt(headDim));
    this.gemm = gemm;
  }

  /**
   * Attends.
   *
   * @param q queries {@code [texts * length x queryDim]}, turned
   * @param k keys {@code [texts * length x kvDim]}, turned
   * @param v values, of the same shape
   * @param out receives {@code [texts * length x queryDim]}
   */
  void forward(float[] q, float[] k, float[] v, int texts, int length, float[] out) {
    reserve(length);
    for (int text = 0; text < texts; text++) {
      for (int head = 0; head < heads; head++) {
        int kv = text * length * kvDim + head / group * headDim;
        for (int from = 0; from < length; from += BLOCK) {
          int rows = Math.min(BLOCK, length - from);
          int at = (text * length + from) * queryDim + head * headDim;
          probabilities(q, at, k, kv, from, rows);
          int keys = from + rows;
          gemm.multiply(
              rows, headDim, keys, scores, 0, keys, 1, v, kv, kvDim, 1, out, at, queryDim, false);
        }
      }
    }
  }

  /** Leaves the probabilities of a block in {@link #scores}, {@code [rows x from + rows]}. */
  private void probabilities(float[] q, int at, float[] k, int kv, int from, int rows) {
    int keys = from + rows;
    gemm.multiply(rows, keys, headDim, q, at, queryDim, 1, k, kv, 1, kvDim, scores, 0, keys, false);
    for (int row = 0; row < rows; row++) {
      int seen = from + row + 1;
      Softmax.softmax(scores, row * keys, seen, scale, stats, 0);
      Arrays.fill(scores, row * keys + seen, (row + 1) * keys, 0);
    }
  }

  /**
   * Computes the gradients.
   *
   * @param out what {@link #forward} made
   * @param dOut its gradient
   * @param dq receives the gradient of {@code q}
   * @param dk receives the gradient of {@code k}
   * @param dv receives the gradient of {@code v}
   */
  void backward(
      float[] q,
      float[] k,
      float[] v,
      float[] out,
      float[] dOut,
      int texts,
      int length,
      float[] dq,
      float[] dk,
      float[] dv) {
    reserve(length);
    Arrays.fill(dk, 0, texts * length * kvDim, 0);
    Arrays.fill(dv, 0, texts * length * kvDim, 0);
    for (int text = 0; text < texts; text++) {
      for (int head = 0; head < heads; head++) {
        int kv = text * length * kvDim + head / group * headDim;
        for (int from = 0; from < length; from += BLOCK) {
          int rows = Math.min(BLOCK, length - from);
          int keys = from + rows;
          int at = (text * length + from) * queryDim + head * headDim;
          probabilities(q, at, k, kv, from, rows);
          gemm.multiply(
              keys, headDim, rows, scores, 0, 1, keys, dOut, at, queryDim, 1, dv, kv, kvDim, true);
          gemm.multiply(
              rows, keys, headDim, dOut, at, queryDim, 1, v, kv, 1, kvDim, gradients, 0, keys,
              false);
          for (int row = 0; row < rows; row++) {
            int line = at + row * queryDim;
            // The sum of p dp over the keys is that of dOut out over the head.
            float mean = FloatMath.dot(dOut, line, out, line, headDim);
            softmaxBackward(row * keys, keys, mean);
          }
          gemm.multiply(
              rows, headDim, keys, gradients, 0, keys, 1, k, kv, kvDim, 1, dq, at, queryDim, false);
          gemm.multiply(
              keys, headDim, rows, gradients, 0, 1, keys, q, at, queryDim, 1, dk, kv, kvDim, true);
        }
      }
    }
  }

  private void softmaxBackward(int at, int keys, float mean) {
    for (int i = at; i < at + keys; i++) {
      gradients[i] = scores[i] * (gradients[i] - mean) * scale;
    }
  }

  private void reserve(int length) {
    int needed = Math.min(BLOCK, length) * length;
    if (scores.length < needed) {
      scores = new float[needed];
      gradients = new float[needed];
    }
  }
}
