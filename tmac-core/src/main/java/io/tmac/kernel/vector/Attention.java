package io.tmac.kernel.vector;

import io.tmac.kernel.AttentionScratch;
import io.tmac.kernel.KvPage;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Scratch;
import java.util.Arrays;

/**
 * Attention, page by page with a running softmax (Milakov and Gimelshein 2018; Dao et al. 2022):
 * each query keeps its highest score so far, the sum of its weights and the sum of its weighted
 * values. When a page has a higher score, the two sums are scaled down.
 *
 * <p>A page is read once for a block of queries: the heads of a group, of some tokens. What is done
 * for one query, and in which order, does not depend on the others: pages begin at fixed positions,
 * positions and dimensions are added in ascending order, and nothing is added across lanes. So
 * blocks may be cut anywhere.
 */
final class Attention {
  private static final int PAGE = KvPages.PAGE;
  private static final int QUERIES = AttentionScratch.QUERIES;

  private Attention() {}

  /**
   * See {@link io.tmac.kernel.KernelProvider#attend}.
   *
   * @param vectors whether to use vectors; plain loops give the same bits and are faster until the
   *     compiler has seen to the vectors
   */
  static void attend(
      float[] q,
      KvPages cache,
      int kvHead,
      int group,
      int position,
      int from,
      int to,
      Scratch scratch,
      float[] out,
      boolean vectors) {
    int headDim = cache.headDim();
    AttentionScratch s = scratch.attention(headDim);
    for (int first = from; first < to; first += QUERIES) {
      int end = Math.min(to, first + QUERIES);
      begin(q, cache, kvHead, group, first, end, s);
      int last = position + (end - 1) / group;
      int visible = cache.firstVisible(position + first / group);
      for (int start = visible & -PAGE; start <= last; start += PAGE) {
        // Queries of tokens before this page are done, and windows of others begin behind it.
        int begun = Math.max(first, (start - position) * group);
        int seeing = end;
        while (cache.firstVisible(position + (seeing - 1) / group) >= start + PAGE) {
          seeing--;
        }
        KvPage page = cache.page(start / PAGE, kvHead);
        int before = position - start + 1;
        if (vectors) {
          VectorAttention.page(page, cache, group, before, first, begun, seeing, s);
        } else {
          PlainAttention.page(page, cache, group, before, first, begun, seeing, s);
        }
      }
      finish(out, cache, kvHead, group, first, end, s);
    }
  }

  /** Index of a query in {@code [tokens x kvHeads x group x headDim]}. */
  private static int index(KvPages cache, int kvHead, int group, int query) {
    int head = (query / group * cache.kvHeads() + kvHead) * group + query % group;
    return head * cache.headDim();
  }

  /** Copies the queries, scaled, and sets all sums to zero. */
  private static void begin(
      float[] q, KvPages cache, int kvHead, int group, int from, int to, AttentionScratch s) {
    int headDim = cache.headDim();
    float scale = (float) (1 / Math.sqrt(headDim));
    for (int query = from; query < to; query++) {
      int at = index(cache, kvHead, group, query);
      int row = (query - from) * headDim;
      for (int d = 0; d < headDim; d++) {
        s.queries[row + d] = q[at + d] * scale;
      }
    }
    int count = to - from;
    Arrays.fill(s.out, 0, count * KvPage.paddedDim(headDim), 0);
    Arrays.fill(s.max, 0, count, -Float.MAX_VALUE);
    Arrays.fill(s.sum, 0, count, 0);
  }

  /**
   * Turns the scores of one query in one page into weights. Positions before {@code from}, which
   * its window leaves out, and from {@code count} on get the weight zero.
   */
  static void weigh(
      AttentionScratch s, int row, int from, int count, int headDim, boolean vectors) {
    float[] w = s.weights;
    int at = row * PAGE;
    Arrays.fill(w, at, at + from, Float.NEGATIVE_INFINITY);
    Arrays.fill(w, at + count, at + PAGE, Float.NEGATIVE_INFINITY);
    float before = s.max[row];
    float max = max(w, at, before);
    Exp.shiftedExp(w, at, at + PAGE, max, vectors);
    float sum = sum(w, at);
    if (max != before) {
      s.max[row] = before;
      Exp.shiftedExp(s.max, row, row + 1, max, false);
      float shrink = s.max[row];
      s.max[row] = max;
      s.sum[row] *= shrink;
      int width = KvPage.paddedDim(headDim);
      for (int d = row * width; d < (row + 1) * width; d++) {
        s.out[d] *= shrink;
      }
    }
    s.sum[row] += sum;
  }

  private static float max(float[] w, int at, float max) {
    for (int i = at; i < at + PAGE; i++) {
      max = Math.max(w[i], max);
    }
    return max;
  }

  /** Four sums, so that an addition need not wait for the one before it. */
  private static float sum(float[] w, int at) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = at; i < at + PAGE; i += 4) {
      a += w[i];
      b += w[i + 1];
      c += w[i + 2];
      d += w[i + 3];
    }
    return (a + b) + (c + d);
  }

  /** Divides by the sum of the weights. */
  private static void finish(
      float[] out, KvPages cache, int kvHead, int group, int from, int to, AttentionScratch s) {
    int headDim = cache.headDim();
    for (int query = from; query < to; query++) {
      int at = index(cache, kvHead, group, query);
      int row = (query - from) * KvPage.paddedDim(headDim);
      float inverse = 1 / s.sum[query - from];
      for (int d = 0; d < headDim; d++) {
        out[at + d] = s.out[row + d] * inverse + 0f; // No negative zeros: forms differ in them.
      }
    }
  }
}
