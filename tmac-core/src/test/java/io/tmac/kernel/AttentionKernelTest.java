package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.KvCacheType;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** Attention, against softmax in double. */
@Tag("kernel")
class AttentionKernelTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  /** Largest error of an output as a share of the largest value. */
  private static final double TOLERANCE = 1e-5;

  /** The same with half floats: keys and values are rounded by 2^-11 at most, scores up to 4. */
  private static final double HALF_TOLERANCE = 5e-3;

  @Property(tries = 120, edgeCases = EdgeCasesMode.NONE)
  void isTheSoftmaxWeightedSumOfTheValues(
      @ForAll @IntRange(min = 1, max = 200) int positions,
      @ForAll @IntRange(min = 1, max = 50) int halfHead,
      @ForAll @IntRange(min = 1, max = 3) int kvHeads,
      @ForAll @IntRange(min = 0, max = 12) int sharpness,
      @ForAll @IntRange(min = 0, max = 150) int window,
      @ForAll long seed) {
    Case c = new Case(KvCacheType.F32, positions, 2 * halfHead, kvHeads, sharpness, window, seed);
    for (KernelProvider kernels : PROVIDERS) {
      for (int head = 0; head < kvHeads; head++) {
        float[] out = c.attend(kernels, head, positions);
        double[] expected = c.expected(head, positions);
        for (int d = 0; d < expected.length; d++) {
          assertThat((double) out[d])
              .as("%s, head %d, dimension %d", kernels.name(), head, d)
              .isCloseTo(expected[d], offset(TOLERANCE * c.largestValue()));
        }
      }
    }
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void halfFloatsChangeLittle(
      @ForAll @IntRange(min = 1, max = 200) int positions,
      @ForAll @IntRange(min = 1, max = 50) int halfHead,
      @ForAll long seed) {
    Case c = new Case(KvCacheType.F16, positions, 2 * halfHead, 2, 1, 0, seed);
    double[] expected = c.expected(1, positions);
    float[] scalar = c.attend(PROVIDERS.getFirst(), 1, positions);
    float[] vector = c.attend(PROVIDERS.getLast(), 1, positions);
    for (int d = 0; d < expected.length; d++) {
      assertThat((double) scalar[d])
          .isCloseTo(expected[d], offset(HALF_TOLERANCE * c.largestValue()));
      assertThat((double) vector[d])
          .isCloseTo((double) scalar[d], offset(TOLERANCE * c.largestValue()));
    }
  }

  /** Queries of some tokens that share keys and values, in blocks of any size. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void queriesMayBeSplitAnywhere(
      @ForAll KvCacheType type,
      @ForAll @IntRange(min = 0, max = 200) int position,
      @ForAll @IntRange(min = 1, max = 40) int tokens,
      @ForAll @IntRange(min = 1, max = 7) int group,
      @ForAll @IntRange(min = 0, max = 150) int window,
      @ForAll @IntRange(min = 1, max = 30) int halfHead,
      @ForAll long seed) {
    int headDim = 2 * halfHead;
    Case c = new Case(type, position + tokens, headDim, 2, 1, window, seed);
    float[] q = Case.gaussian(tokens * 2 * group * headDim, 3, new Random(seed + 1));
    int queries = tokens * group;
    for (KernelProvider kernels : PROVIDERS) {
      float[] whole = new float[q.length];
      kernels.attend(q, c.cache, 1, group, position, 0, queries, new Scratch(8), whole);
      float[] parts = new float[q.length];
      Random random = new Random(seed);
      Scratch scratch = new Scratch(8);
      for (int from = 0; from < queries; ) {
        int to = Math.min(queries, from + 1 + random.nextInt(20));
        kernels.attend(q, c.cache, 1, group, position, from, to, scratch, parts);
        from = to;
      }
      assertThat(parts).as(kernels.name()).isEqualTo(whole);
      for (int query = 0; query < queries; query += 1 + queries / 10) {
        int token = query / group;
        int at = ((token * 2 + 1) * group + query % group) * headDim;
        System.arraycopy(q, at, c.query, 0, headDim);
        assertThat(Arrays.copyOfRange(whole, at, at + headDim))
            .as("%s, token %d alone", kernels.name(), token)
            .isEqualTo(c.attend(kernels, 1, position + token + 1));
      }
      for (int at = 0; at < q.length; at += 2 * group * headDim) { // The other head's.
        assertThat(Arrays.copyOfRange(whole, at, at + group * headDim)).containsOnly(0f);
      }
    }
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void doesNotReadLaterPositions(
      @ForAll @IntRange(min = 1, max = 150) int positions, @ForAll long seed) {
    Case c = new Case(positions, 16, 2, 3, seed);
    Case longer = new Case(positions, 16, 2, 3, seed);
    longer.put(positions, Float.NaN);
    longer.put(positions + 1, Float.POSITIVE_INFINITY);
    for (KernelProvider kernels : PROVIDERS) {
      assertThat(longer.attend(kernels, 1, positions)).isEqualTo(c.attend(kernels, 1, positions));
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void aWindowHasTheTokenAndThoseBeforeIt(
      @ForAll @IntRange(min = 1, max = 100) int window,
      @ForAll @IntRange(min = 0, max = 1000) int position) {
    KvPages cache = new KvPages(KvCacheType.F32, 1, 2, window);
    assertThat(position - cache.firstVisible(position) + 1)
        .isEqualTo(Math.min(window, position + 1));
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void onePositionGivesItsValue(@ForAll @IntRange(min = 1, max = 50) int half, @ForAll long seed) {
    Case c = new Case(1, 2 * half, 2, 10, seed);
    for (KernelProvider kernels : PROVIDERS) {
      assertThat(c.attend(kernels, 1, 1))
          .isEqualTo(Arrays.copyOfRange(c.values[0], 2 * half, 4 * half));
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void oneOverwhelmingScoreGivesItsValue(
      @ForAll @IntRange(min = 2, max = 150) int positions, @ForAll long seed) {
    Case c = new Case(positions, 32, 1, 0, seed);
    int best = new Random(seed).nextInt(positions);
    for (int p = 0; p < positions; p++) {
      Arrays.fill(c.keys[p], p == best ? 100 : -100);
      c.store(p);
    }
    Arrays.fill(c.query, 50);
    for (KernelProvider kernels : PROVIDERS) {
      assertThat(c.attend(kernels, 0, positions)).isEqualTo(c.values[best]);
    }
  }

  /** Random queries, keys and values. */
  private static final class Case {
    final int headDim;
    final float[][] keys;
    final float[][] values;
    final float[] query;
    final KvPages cache;

    Case(int positions, int headDim, int kvHeads, int sharpness, long seed) {
      this(KvCacheType.F32, positions, headDim, kvHeads, sharpness, 0, seed);
    }

    Case(
        KvCacheType type,
        int positions,
        int headDim,
        int kvHeads,
        int sharpness,
        int window,
        long seed) {
      this.headDim = headDim;
      Random random = new Random(seed);
      query = gaussian(headDim, sharpness, random);
      keys = new float[positions][];
      values = new float[positions][];
      cache = new KvPages(type, kvHeads, headDim, window);
      for (int p = 0; p < positions; p++) {
        keys[p] = gaussian(kvHeads * headDim, 1, random);
        values[p] = gaussian(kvHeads * headDim, 1, random);
        store(p);
      }
    }

    static float[] gaussian(int n, float spread, Random random) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = (float) random.nextGaussian() * spread;
      }
      return x;
    }

    void store(int position) {
      cache.reserve(position + 1);
      cache.put(position, 1, keys[position], values[position]);
    }

    void put(int position, float value) {
      float[] same = new float[keys[0].length];
      Arrays.fill(same, value);
      cache.reserve(position + 1);
      cache.put(position, 1, same, same);
    }

    /** Attends with the query of the last position alone. */
    float[] attend(KernelProvider kernels, int head, int positions) {
      float[] q = new float[cache.kvHeads() * headDim];
      System.arraycopy(query, 0, q, head * headDim, headDim);
      float[] out = new float[q.length];
      Arrays.fill(out, 7);
      kernels.attend(q, cache, head, 1, positions - 1, 0, 1, new Scratch(8), out);
      for (int i = 0; i < out.length; i++) {
        if (i / headDim != head) {
          assertThat(out[i]).isEqualTo(7);
        }
      }
      return Arrays.copyOfRange(out, head * headDim, (head + 1) * headDim);
    }

    double[] expected(int head, int positions) {
      double[] weights = new double[positions];
      double max = Double.NEGATIVE_INFINITY;
      int first = cache.firstVisible(positions - 1);
      for (int p = first; p < positions; p++) {
        for (int d = 0; d < headDim; d++) {
          weights[p] += (double) query[d] * keys[p][head * headDim + d];
        }
        weights[p] /= Math.sqrt(headDim);
        max = Math.max(max, weights[p]);
      }
      double sum = 0;
      for (int p = first; p < positions; p++) {
        weights[p] = Math.exp(weights[p] - max);
        sum += weights[p];
      }
      double[] out = new double[headDim];
      for (int p = first; p < positions; p++) {
        for (int d = 0; d < headDim; d++) {
          out[d] += weights[p] / sum * values[p][head * headDim + d];
        }
      }
      return out;
    }

    double largestValue() {
      double largest = 0;
      for (float[] row : values) {
        for (float value : row) {
          largest = Math.max(largest, Math.abs(value));
        }
      }
      return largest;
    }
  }
}
