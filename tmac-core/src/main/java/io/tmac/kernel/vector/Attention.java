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
    float[] weights = scratch.scores(positions);
    float max = score(q, qOffset, cache, kvHead, positions, weights);
    Exp.shiftedExp(weights, 0, positions, max, true);
    float sum = 0;
    for (int p = 0; p < positions; p++) {
      sum += weights[p];
    }
    addValues(cache, kvHead, positions, weights, out, outOffset);
    float inverse = 1 / sum;
    for (int d = outOffset; d < outOffset + headDim; d++) {
      out[d] *= inverse;
    }
  }

  /** Writes the scores of all positions, and a few more behind them; returns the highest. */
  private static float score(
      float[] q, int q0, KvPages cache, int kvHead, int positions, float[] scores) {
    int headDim = cache.headDim();
    int lanes = FLOAT.length();
    FloatVector factor = FloatVector.broadcast(FLOAT, (float) (1 / Math.sqrt(headDim)));
    for (int first = 0; first < positions; first += PAGE) {
      float[] keys = cache.keys(first / PAGE);
      int count = Math.min(PAGE, positions - first);
      for (int p = 0; p < count; p += 4 * lanes) {
        FloatVector s0 = FloatVector.zero(FLOAT);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int d = 0; d < headDim; d++) {
          FloatVector v = FloatVector.broadcast(FLOAT, q[q0 + d]);
          int k = (kvHead * headDim + d) * PAGE + p;
          s0 = FloatVector.fromArray(FLOAT, keys, k).fma(v, s0);
          s1 = FloatVector.fromArray(FLOAT, keys, k + lanes).fma(v, s1);
          s2 = FloatVector.fromArray(FLOAT, keys, k + 2 * lanes).fma(v, s2);
          s3 = FloatVector.fromArray(FLOAT, keys, k + 3 * lanes).fma(v, s3);
        }
        factor.mul(s0).intoArray(scores, first + p);
        factor.mul(s1).intoArray(scores, first + p + lanes);
        factor.mul(s2).intoArray(scores, first + p + 2 * lanes);
        factor.mul(s3).intoArray(scores, first + p + 3 * lanes);
      }
    }
    float max = Float.NEGATIVE_INFINITY;
    for (int p = 0; p < positions; p++) {
      max = Math.max(max, scores[p]);
    }
    return max;
  }

  /** Sums the weighted values: four vectors of dimensions at a time, then one, then the rest. */
  private static void addValues(
      KvPages cache, int kvHead, int positions, float[] weights, float[] out, int o) {
    int headDim = cache.headDim();
    int lanes = FLOAT.length();
    Arrays.fill(out, o, o + headDim, 0);
    for (int first = 0; first < positions; first += PAGE) {
      float[] values = cache.values(first / PAGE);
      int v0 = kvHead * PAGE * headDim;
      int count = Math.min(PAGE, positions - first);
      FloatVector zero = FloatVector.zero(FLOAT);
      int d = 0;
      for (; d <= headDim - 4 * lanes; d += 4 * lanes) {
        FloatVector s0 = FloatVector.fromArray(FLOAT, out, o + d);
        FloatVector s1 = FloatVector.fromArray(FLOAT, out, o + d + lanes);
        FloatVector s2 = FloatVector.fromArray(FLOAT, out, o + d + 2 * lanes);
        FloatVector s3 = FloatVector.fromArray(FLOAT, out, o + d + 3 * lanes);
        for (int p = 0; p < count; p++) {
          FloatVector w = FloatVector.broadcast(FLOAT, weights[first + p]);
          int v = v0 + p * headDim + d;
          s0 = FloatVector.fromArray(FLOAT, values, v).fma(w, s0);
          s1 = FloatVector.fromArray(FLOAT, values, v + lanes).fma(w, s1);
          s2 = FloatVector.fromArray(FLOAT, values, v + 2 * lanes).fma(w, s2);
          s3 = FloatVector.fromArray(FLOAT, values, v + 3 * lanes).fma(w, s3);
        }
        zero.add(s0).intoArray(out, o + d);
        zero.add(s1).intoArray(out, o + d + lanes);
        zero.add(s2).intoArray(out, o + d + 2 * lanes);
        zero.add(s3).intoArray(out, o + d + 3 * lanes);
      }
      for (; d <= headDim - lanes; d += lanes) {
        FloatVector s = FloatVector.fromArray(FLOAT, out, o + d);
        for (int p = 0; p < count; p++) {
          FloatVector w = FloatVector.broadcast(FLOAT, weights[first + p]);
          s = FloatVector.fromArray(FLOAT, values, v0 + p * headDim + d).fma(w, s);
        }
        zero.add(s).intoArray(out, o + d);
      }
      for (; d < headDim; d++) {
        float s = out[o + d];
        for (int p = 0; p < count; p++) {
          s = Math.fma(values[v0 + p * headDim + d], weights[first + p], s);
        }
        out[o + d] = s;
      }
    }
  }
}
