package io.tmac.kernel.vector;

import static io.tmac.kernel.KvPage.STRIP;

import io.tmac.kernel.AttentionScratch;
import io.tmac.kernel.KvPage;
import io.tmac.kernel.KvPages;
import java.util.Arrays;

/** {@link VectorAttention} in plain loops, with the same operations in the same order. */
final class PlainAttention {
  private static final int PAGE = KvPages.PAGE;

  private PlainAttention() {}

  /** See {@link VectorAttention#page}. */
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
    for (int query = from; query < to; query++) {
      int behind = before + query / group;
      int count = Math.min(PAGE, behind);
      scores(s, query - first, keys, headDim, count);
      int hidden = Math.max(0, behind - cache.window());
      Attention.weigh(s, query - first, hidden, count, headDim, false);
    }
    float[] values = page.values(s.page, positions);
    for (int query = from; query < to; query++) {
      int count = Math.min(PAGE, before + query / group);
      addValues(s, query - first, values, headDim, count);
    }
  }

  private static void scores(AttentionScratch s, int row, float[] keys, int headDim, int count) {
    float[] scores = s.weights;
    int at = row * PAGE;
    Arrays.fill(scores, at, at + PAGE, 0);
    for (int p = at; p < at + count; p += STRIP) {
      int k = KvPage.keyIndex(headDim, p - at, 0);
      for (int d = 0; d < headDim; d++) {
        float q = s.queries[row * headDim + d];
        for (int i = 0; i < STRIP; i++) {
          scores[p + i] = Math.fma(keys[k + d * STRIP + i], q, scores[p + i]);
        }
      }
    }
  }

  private static void addValues(
      AttentionScratch s, int row, float[] values, int headDim, int count) {
    float[] out = s.out;
    int width = KvPage.paddedDim(headDim);
    for (int d = 0; d < width; d += STRIP) {
      int v = KvPage.valueIndex(0, d);
      int at = row * width + d;
      for (int p = 0; p < count; p++) {
        float w = s.weights[row * PAGE + p];
        for (int i = 0; i < STRIP; i++) {
          out[at + i] = Math.fma(values[v + p * STRIP + i], w, out[at + i]);
        }
      }
    }
  }
}
