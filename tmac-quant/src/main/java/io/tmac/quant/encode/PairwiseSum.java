package io.tmac.quant.encode;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The sum of float32 numbers in the order of numpy 2.3 and later, so that it has the same bits.
 * Halves are added up, down to runs of at most 128 numbers, which are added in eight lanes:
 *
 * <pre>
 *   n &lt; 8    : 0 + a0 + a1 + ...
 *   n &lt;= 128 : ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)), then the n % 8 last ones;
 *              rj = aj + a(j+8) + a(j+16) + ...
 *   else     : sum of the first h + sum of the others, h = n / 2 rounded down to a multiple of 8
 * </pre>
 *
 * <p>Every addition rounds to float32.
 */
final class PairwiseSum {
  private static final int LANES = 8;
  private static final int RUN = 128;

  private PairwiseSum() {}

  /** The sum of {@code n} numbers from index {@code from} on. */
  static float of(float[] a, int from, int n) {
    if (n > RUN) {
      int half = (int) firstHalf(n);
      return of(a, from, half) + of(a, from + half, n - half);
    }
    return n < LANES ? inTurn(0, a, from, from + n) : inLanes(a, from, n);
  }

  private static float inLanes(float[] a, int from, int n) {
    float r0 = a[from];
    float r1 = a[from + 1];
    float r2 = a[from + 2];
    float r3 = a[from + 3];
    float r4 = a[from + 4];
    float r5 = a[from + 5];
    float r6 = a[from + 6];
    float r7 = a[from + 7];
    int end = from + n - n % LANES;
    for (int i = from + LANES; i < end; i += LANES) {
      r0 += a[i];
      r1 += a[i + 1];
      r2 += a[i + 2];
      r3 += a[i + 3];
      r4 += a[i + 4];
      r5 += a[i + 5];
      r6 += a[i + 6];
      r7 += a[i + 7];
    }
    return inTurn(((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)), a, end, from + n);
  }

  private static float inTurn(float sum, float[] a, int from, int to) {
    for (int i = from; i < to; i++) {
      sum += a[i];
    }
    return sum;
  }

  private static long firstHalf(long n) {
    long half = n / 2;
    return half - half % LANES;
  }

  /** numpy's mean of {@code n} numbers that have this sum. */
  static float mean(float sum, long n) {
    return (float) ((double) sum / (double) n);
  }

  /** The mean of {@code n} numbers from index 0 on. */
  static float mean(float[] a, int n) {
    return mean(of(a, 0, n), n);
  }

  /** Numbers that are too many for an array. */
  @FunctionalInterface
  interface Part {
    /** The sum, in this class's order, of {@code count} numbers from {@code from} on. */
    float sum(long from, int count);
  }

  /**
   * The sum of {@code n} numbers, any number of them. The tree of halves is cut where its branches
   * have at most {@code leaf} numbers; those are added up in parallel.
   *
   * @param n how many
   * @param leaf the most numbers of a part, at least 128
   * @param part adds up a part; called by several threads
   * @param workers the threads
   */
  static float of(long n, int leaf, Part part, Workers workers) throws IOException {
    List<Leaf> leaves = new ArrayList<>();
    split(0, n, leaf, leaves);
    float[] sums = new float[leaves.size()];
    workers.run(sums.length, i -> sums[i] = part.sum(leaves.get(i).from(), leaves.get(i).count()));
    return new Tree(sums, leaf).sum(n);
  }

  private record Leaf(long from, int count) {}

  private static void split(long from, long n, int leaf, List<Leaf> leaves) {
    if (n <= leaf) {
      leaves.add(new Leaf(from, (int) n));
    } else {
      long half = firstHalf(n);
      split(from, half, leaf, leaves);
      split(from + half, n - half, leaf, leaves);
    }
  }

  /** Adds the leaves up as they were split. */
  private static final class Tree {
    private final float[] sums;
    private final int leaf;
    private int next;

    Tree(float[] sums, int leaf) {
      this.sums = sums;
      this.leaf = leaf;
    }

    float sum(long n) {
      if (n <= leaf) {
        return sums[next++];
      }
      long half = firstHalf(n);
      float first = sum(half);
      return first + sum(n - half);
    }
  }
}
