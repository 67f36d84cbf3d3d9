package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT;

import io.tmac.kernel.KvPages;
import io.tmac.kernel.Scratch;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of one head. Lanes are positions while the scores are computed and dimensions while the
 * values are added, so that nothing is summed across lanes and each result has one order of
 * additions: dimensions ascending, positions ascending.
 */
final class Attention {
  private static final int PAGE = KvPages.PAGE;

  private Attention() {}

  static void attend(
      float[] q,
      int qOffset,
      KvPages cache,
      int kvHead,
      int positions,
      Scratch scratch,
      float[] out,
      int outOffset) {
    int headDim = cache.headDim();
    float scale = (float) (1 / Math.sqrt(headDim));
    float[] scores = scratch.scores(positions);
    int pages = Math.ceilDiv(positions, PAGE);
    for (int page = 0; page < pages; page++) {
      int keys = kvHead * headDim * PAGE;
      int count = Math.min(PAGE, positions - page * PAGE);
      score(q, qOffset, headDim, cache.keys(page), keys, count, scale, scores, page * PAGE);
    }
    float max = Float.NEGATIVE_INFINITY;
    for (int p = 0; p < positions; p++) {
      max = Math.max(max, scores[p]);
    }
    Exp.shiftedExp(scores, 0, positions, max);
    float sum = 0;
    for (int p = 0; p < positions; p++) {
      sum += scores[p];
    }
    addValues(cache, kvHead, positions, scores, out, outOffset);
    float inverse = 1 / sum;
    for (int d = outOffset; d < outOffset + headDim; d++) {
      out[d] *= inverse;
    }
  }

  /** Scores of the first {@code count} positions of a page; a few more are written behind them. */
  private static void score(
      float[] q,
      int q0,
      int headDim,
      float[] keys,
      int key,
      int count,
      float scale,
      float[] scores,
      int at) {
    int lanes = FLOAT.length();
    for (int p = 0; p < count; p += 4 * lanes) {
      FloatVector s0 = FloatVector.zero(FLOAT);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      for (int d = 0; d < headDim; d++) {
        FloatVector v = FloatVector.broadcast(FLOAT, q[q0 + d]);
        int k = key + d * PAGE + p;
        s0 = FloatVector.fromArray(FLOAT, keys, k).fma(v, s0);
        s1 = FloatVector.fromArray(FLOAT, keys, k + lanes).fma(v, s1);
        s2 = FloatVector.fromArray(FLOAT, keys, k + 2 * lanes).fma(v, s2);
        s3 = FloatVector.fromArray(FLOAT, keys, k + 3 * lanes).fma(v, s3);
      }
      s0.mul(scale).intoArray(scores, at + p);
      s1.mul(scale).intoArray(scores, at + p + lanes);
      s2.mul(scale).intoArray(scores, at + p + 2 * lanes);
      s3.mul(scale).intoArray(scores, at + p + 3 * lanes);
    }
  }

  private static void addValues(
      KvPages cache, int kvHead, int positions, float[] weights, float[] out, int outOffset) {
    int headDim = cache.headDim();
    int lanes = FLOAT.length();
    Arrays.fill(out, outOffset, outOffset + headDim, 0);
    for (int first = 0; first < positions; first += PAGE) {
      float[] values = cache.values(first / PAGE);
      int v0 = kvHead * PAGE * headDim;
      int count = Math.min(PAGE, positions - first);
      int d = 0;
      for (; d <= headDim - 4 * lanes; d += 4 * lanes) {
        addValues(values, v0 + d, headDim, count, weights, first, out, outOffset + d);
      }
      for (; d <= headDim - lanes; d += lanes) {
        addValuesOfOne(values, v0 + d, headDim, count, weights, first, out, outOffset + d);
      }
      for (; d < headDim; d++) {
        float sum = out[outOffset + d];
        for (int p = 0; p < count; p++) {
          sum = Math.fma(values[v0 + p * headDim + d], weights[first + p], sum);
        }
        out[outOffset + d] = sum;
      }
    }
  }

  /** Adds the weighted values of one page for four vectors of dimensions. */
  private static void addValues(
      float[] values, int v0, int stride, int count, float[] weights, int w0, float[] out, int at) {
    int lanes = FLOAT.length();
    FloatVector s0 = FloatVector.fromArray(FLOAT, out, at);
    FloatVector s1 = FloatVector.fromArray(FLOAT, out, at + lanes);
    FloatVector s2 = FloatVector.fromArray(FLOAT, out, at + 2 * lanes);
    FloatVector s3 = FloatVector.fromArray(FLOAT, out, at + 3 * lanes);
    for (int p = 0; p < count; p++) {
      FloatVector w = FloatVector.broadcast(FLOAT, weights[w0 + p]);
      int v = v0 + p * stride;
      s0 = FloatVector.fromArray(FLOAT, values, v).fma(w, s0);
      s1 = FloatVector.fromArray(FLOAT, values, v + lanes).fma(w, s1);
      s2 = FloatVector.fromArray(FLOAT, values, v + 2 * lanes).fma(w, s2);
      s3 = FloatVector.fromArray(FLOAT, values, v + 3 * lanes).fma(w, s3);
    }
    s0.intoArray(out, at);
    s1.intoArray(out, at + lanes);
    s2.intoArray(out, at + 2 * lanes);
    s3.intoArray(out, at + 3 * lanes);
  }

  /** The same for one vector of dimensions. */
  private static void addValuesOfOne(
      float[] values, int v0, int stride, int count, float[] weights, int w0, float[] out, int at) {
    FloatVector s = FloatVector.fromArray(FLOAT, out, at);
    for (int p = 0; p < count; p++) {
      FloatVector w = FloatVector.broadcast(FLOAT, weights[w0 + p]);
      s = FloatVector.fromArray(FLOAT, values, v0 + p * stride).fma(w, s);
    }
    s.intoArray(out, at);
  }
}
