package io.tmac.kernel.vector;

import static io.tmac.kernel.KvPage.STRIP;
import static io.tmac.kernel.vector.Species.FLOAT;

import io.tmac.kernel.AttentionScratch;
import io.tmac.kernel.KvPage;
import io.tmac.kernel.KvPages;
import jdk.incubator.vector.FloatVector;

/**
 * A block of queries against one page. Lanes are positions while the scores are computed and
 * dimensions while the values are added. Four queries share what is loaded of the page.
 */
final class VectorAttention {
  static final int PAGE = KvPages.PAGE;

  private VectorAttention() {}

  /**
   * Attends to a page.
   *
   * @param page keys and values
   * @param cache the cache that it belongs to
   * @param group queries per token
   * @param before positions of the page that the first token (queries 0 to group - 1) attends to;
   *     may be negative, if the token comes before the page
   * @param first first query of the block
   * @param from first query that attends to this page
   * @param to query behind the last
   * @param s what the block has so far
   */
  static void page(
      KvPage page,
      KvPages cache,
      int group,
      int before,
      int first,
      int from,
      int to,
      AttentionScratch s) {
    int headDim = cache.headDim();
    int positions = Math.min(PAGE, before + (to - 1) / group); // What the last query sees.
    float[] keys = page.keys(s.page, positions);
    int query = from;
    for (; query <= to - 4; query += 4) {
      int count = Math.min(PAGE, before + (query + 3) / group);
      int row = query - first;
      scores4(s.queries, row * headDim, keys, headDim, count, s.weights, row * PAGE);
    }
    for (; query < to; query++) {
      int count = Math.min(PAGE, before + query / group);
      int row = query - first;
      scores1(s.queries, row * headDim, keys, headDim, count, s.weights, row * PAGE);
    }
    for (query = from; query < to; query++) {
      int behind = before + query / group;
      int hidden = Math.max(0, behind - cache.window());
      Attention.weigh(s, query - first, hidden, Math.min(PAGE, behind), headDim, true);
    }
    float[] values = page.values(s.page, positions);
    int width = KvPage.paddedDim(headDim);
    int paired = width & -(2 * FLOAT.length());
    int together = 0; // Positions that a query has with others.
    for (query = from; query < to; query++) {
      int count = Math.min(PAGE, before + query / group);
      int row = query - first;
      int w = row * PAGE;
      int at = row * width;
      if ((query - from) % 4 == 0) {
        together = 0;
        if (query <= to - 4) {
          together = count;
          addValues4(s.weights, w, values, width, together, s.out, at);
        }
      }
      if (together > 0 && paired < width) {
        addValues1(s.weights, w, values, width, 0, together, s.out, at, paired);
      }
      if (together < count) {
        addValues1(s.weights, w, values, width, together, count, s.out, at, 0);
      }
    }
  }

  /** Scores of four queries in the first {@code count} positions, and a few more behind them. */
  private static void scores4(
      float[] queries, int q, float[] keys, int headDim, int count, float[] scores, int at) {
    int lanes = FLOAT.length();
    FloatVector zero = FloatVector.zero(FLOAT);
    for (int p = 0; p < count; p += 2 * lanes) {
      int k = KvPage.keyIndex(headDim, p, 0);
      int l = KvPage.keyIndex(headDim, p + lanes, 0);
      FloatVector s0 = zero;
      FloatVector t0 = zero;
      FloatVector s1 = zero;
      FloatVector t1 = zero;
      FloatVector s2 = zero;
      FloatVector t2 = zero;
      FloatVector s3 = zero;
      FloatVector t3 = zero;
      for (int d = 0; d < headDim; d += 2) { // headDim is even; two at a time are faster.
        FloatVector k0 = FloatVector.fromArray(FLOAT, keys, k + d * STRIP);
        FloatVector k1 = FloatVector.fromArray(FLOAT, keys, l + d * STRIP);
        FloatVector q0 = FloatVector.broadcast(FLOAT, queries[q + d]);
        s0 = k0.fma(q0, s0);
        t0 = k1.fma(q0, t0);
        FloatVector q1 = FloatVector.broadcast(FLOAT, queries[q + headDim + d]);
        s1 = k0.fma(q1, s1);
        t1 = k1.fma(q1, t1);
        FloatVector q2 = FloatVector.broadcast(FLOAT, queries[q + 2 * headDim + d]);
        s2 = k0.fma(q2, s2);
        t2 = k1.fma(q2, t2);
        FloatVector q3 = FloatVector.broadcast(FLOAT, queries[q + 3 * headDim + d]);
        s3 = k0.fma(q3, s3);
        t3 = k1.fma(q3, t3);
        FloatVector k2 = FloatVector.fromArray(FLOAT, keys, k + d * STRIP + STRIP);
        FloatVector k3 = FloatVector.fromArray(FLOAT, keys, l + d * STRIP + STRIP);
        FloatVector q4 = FloatVector.broadcast(FLOAT, queries[q + d + 1]);
        s0 = k2.fma(q4, s0);
        t0 = k3.fma(q4, t0);
        FloatVector q5 = FloatVector.broadcast(FLOAT, queries[q + headDim + d + 1]);
        s1 = k2.fma(q5, s1);
        t1 = k3.fma(q5, t1);
        FloatVector q6 = FloatVector.broadcast(FLOAT, queries[q + 2 * headDim + d + 1]);
        s2 = k2.fma(q6, s2);
        t2 = k3.fma(q6, t2);
        FloatVector q7 = FloatVector.broadcast(FLOAT, queries[q + 3 * headDim + d + 1]);
        s3 = k2.fma(q7, s3);
        t3 = k3.fma(q7, t3);
      }
      zero.add(s0).intoArray(scores, at + p);
      zero.add(t0).intoArray(scores, at + p + lanes);
      zero.add(s1).intoArray(scores, at + PAGE + p);
      zero.add(t1).intoArray(scores, at + PAGE + p + lanes);
      zero.add(s2).intoArray(scores, at + 2 * PAGE + p);
      zero.add(t2).intoArray(scores, at + 2 * PAGE + p + lanes);
      zero.add(s3).intoArray(scores, at + 3 * PAGE + p);
      zero.add(t3).intoArray(scores, at + 3 * PAGE + p + lanes);
    }
  }

  /** Scores of one query in the first {@code count} positions, and a few more behind them. */
  private static void scores1(
      float[] queries, int q, float[] keys, int headDim, int count, float[] scores, int at) {
    int lanes = FLOAT.length();
    FloatVector zero = FloatVector.zero(FLOAT);
    for (int p = 0; p < count; p += 4 * lanes) {
      int k0 = KvPage.keyIndex(headDim, p, 0);
      int k1 = KvPage.keyIndex(headDim, p + lanes, 0);
      int k2 = KvPage.keyIndex(headDim, p + 2 * lanes, 0);
      int k3 = KvPage.keyIndex(headDim, p + 3 * lanes, 0);
      FloatVector s0 = zero;
      FloatVector s1 = zero;
      FloatVector s2 = zero;
      FloatVector s3 = zero;
      for (int d = 0; d < headDim; d += 2) {
        FloatVector q0 = FloatVector.broadcast(FLOAT, queries[q + d]);
        s0 = FloatVector.fromArray(FLOAT, keys, k0 + d * STRIP).fma(q0, s0);
        s1 = FloatVector.fromArray(FLOAT, keys, k1 + d * STRIP).fma(q0, s1);
        s2 = FloatVector.fromArray(FLOAT, keys, k2 + d * STRIP).fma(q0, s2);
        s3 = FloatVector.fromArray(FLOAT, keys, k3 + d * STRIP).fma(q0, s3);
        FloatVector q1 = FloatVector.broadcast(FLOAT, queries[q + d + 1]);
        s0 = FloatVector.fromArray(FLOAT, keys, k0 + d * STRIP + STRIP).fma(q1, s0);
        s1 = FloatVector.fromArray(FLOAT, keys, k1 + d * STRIP + STRIP).fma(q1, s1);
        s2 = FloatVector.fromArray(FLOAT, keys, k2 + d * STRIP + STRIP).fma(q1, s2);
        s3 = FloatVector.fromArray(FLOAT, keys, k3 + d * STRIP + STRIP).fma(q1, s3);
      }
      zero.add(s0).intoArray(scores, at + p);
      zero.add(s1).intoArray(scores, at + p + lanes);
      zero.add(s2).intoArray(scores, at + p + 2 * lanes);
      zero.add(s3).intoArray(scores, at + p + 3 * lanes);
    }
  }

  /**
   * Adds the first {@code count} values to the sums of four queries, in those dimensions that fill
   * pairs of vectors.
   */
  private static void addValues4(
      float[] weights, int w, float[] values, int width, int count, float[] out, int at) {
    int lanes = FLOAT.length();
    FloatVector zero = FloatVector.zero(FLOAT);
    for (int d = 0; d <= width - 2 * lanes; d += 2 * lanes) {
      int v = KvPage.valueIndex(0, d);
      int u = KvPage.valueIndex(0, d + lanes);
      FloatVector s0 = FloatVector.fromArray(FLOAT, out, at + d);
      FloatVector t0 = FloatVector.fromArray(FLOAT, out, at + d + lanes);
      FloatVector s1 = FloatVector.fromArray(FLOAT, out, at + width + d);
      FloatVector t1 = FloatVector.fromArray(FLOAT, out, at + width + d + lanes);
      FloatVector s2 = FloatVector.fromArray(FLOAT, out, at + 2 * width + d);
      FloatVector t2 = FloatVector.fromArray(FLOAT, out, at + 2 * width + d + lanes);
      FloatVector s3 = FloatVector.fromArray(FLOAT, out, at + 3 * width + d);
      FloatVector t3 = FloatVector.fromArray(FLOAT, out, at + 3 * width + d + lanes);
      for (int p = 0; p < count; p++) {
        FloatVector v0 = FloatVector.fromArray(FLOAT, values, v + p * STRIP);
        FloatVector v1 = FloatVector.fromArray(FLOAT, values, u + p * STRIP);
        FloatVector w0 = FloatVector.broadcast(FLOAT, weights[w + p]);
        s0 = v0.fma(w0, s0);
        t0 = v1.fma(w0, t0);
        FloatVector w1 = FloatVector.broadcast(FLOAT, weights[w + PAGE + p]);
        s1 = v0.fma(w1, s1);
        t1 = v1.fma(w1, t1);
        FloatVector w2 = FloatVector.broadcast(FLOAT, weights[w + 2 * PAGE + p]);
        s2 = v0.fma(w2, s2);
        t2 = v1.fma(w2, t2);
        FloatVector w3 = FloatVector.broadcast(FLOAT, weights[w + 3 * PAGE + p]);
        s3 = v0.fma(w3, s3);
        t3 = v1.fma(w3, t3);
      }
      zero.add(s0).intoArray(out, at + d);
      zero.add(t0).intoArray(out, at + d + lanes);
      zero.add(s1).intoArray(out, at + width + d);
      zero.add(t1).intoArray(out, at + width + d + lanes);
      zero.add(s2).intoArray(out, at + 2 * width + d);
      zero.add(t2).intoArray(out, at + 2 * width + d + lanes);
      zero.add(s3).intoArray(out, at + 3 * width + d);
      zero.add(t3).intoArray(out, at + 3 * width + d + lanes);
    }
  }

  /** Adds some positions to the sums of one query, from dimension {@code d} on. */
  private static void addValues1(
      float[] weights,
      int w,
      float[] values,
      int width,
      int from,
      int to,
      float[] out,
      int at,
      int d) {
    int lanes = FLOAT.length();
    FloatVector zero = FloatVector.zero(FLOAT);
    for (; d <= width - 4 * lanes; d += 4 * lanes) {
      int v0 = KvPage.valueIndex(0, d);
      int v1 = KvPage.valueIndex(0, d + lanes);
      int v2 = KvPage.valueIndex(0, d + 2 * lanes);
      int v3 = KvPage.valueIndex(0, d + 3 * lanes);
      FloatVector s0 = FloatVector.fromArray(FLOAT, out, at + d);
      FloatVector s1 = FloatVector.fromArray(FLOAT, out, at + d + lanes);
      FloatVector s2 = FloatVector.fromArray(FLOAT, out, at + d + 2 * lanes);
      FloatVector s3 = FloatVector.fromArray(FLOAT, out, at + d + 3 * lanes);
      for (int p = from; p < to; p++) {
        FloatVector weight = FloatVector.broadcast(FLOAT, weights[w + p]);
        int i = p * STRIP;
        s0 = FloatVector.fromArray(FLOAT, values, v0 + i).fma(weight, s0);
        s1 = FloatVector.fromArray(FLOAT, values, v1 + i).fma(weight, s1);
        s2 = FloatVector.fromArray(FLOAT, values, v2 + i).fma(weight, s2);
        s3 = FloatVector.fromArray(FLOAT, values, v3 + i).fma(weight, s3);
      }
      zero.add(s0).intoArray(out, at + d);
      zero.add(s1).intoArray(out, at + d + lanes);
      zero.add(s2).intoArray(out, at + d + 2 * lanes);
      zero.add(s3).intoArray(out, at + d + 3 * lanes);
    }
    for (; d <= width - lanes; d += lanes) {
      int v = KvPage.valueIndex(0, d);
      FloatVector s = FloatVector.fromArray(FLOAT, out, at + d);
      for (int p = from; p < to; p++) {
        FloatVector weight = FloatVector.broadcast(FLOAT, weights[w + p]);
        s = FloatVector.fromArray(FLOAT, values, v + p * STRIP).fma(weight, s);
      }
      zero.add(s).intoArray(out, at + d);
    }
  }
}
