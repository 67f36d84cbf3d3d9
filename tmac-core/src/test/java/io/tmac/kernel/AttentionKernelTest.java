package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

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

/** Attention of one head, against softmax in double. */
@Tag("kernel")
class AttentionKernelTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  /** Largest error of an output as a share of the largest value. */
  private static final double TOLERANCE = 1e-5;

  @Property(tries = 120, edgeCases = EdgeCasesMode.NONE)
  void isTheSoftmaxWeightedSumOfTheValues(
      @ForAll @IntRange(min = 1, max = 200) int positions,
      @ForAll @IntRange(min = 1, max = 50) int halfHead,
      @ForAll @IntRange(min = 1, max = 3) int kvHeads,
      @ForAll @IntRange(min = 0, max = 12) int sharpness,
      @ForAll long seed) {
    Case c = new Case(positions, 2 * halfHead, kvHeads, sharpness, seed);
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
      this.headDim = headDim;
      Random random = new Random(seed);
      query = gaussian(headDim, sharpness, random);
      keys = new float[positions][];
      values = new float[positions][];
      cache = new KvPages(kvHeads, headDim);
      for (int p = 0; p < positions; p++) {
        keys[p] = gaussian(kvHeads * headDim, 1, random);
        values[p] = gaussian(kvHeads * headDim, 1, random);
        store(p);
      }
    }

    private static float[] gaussian(int n, float spread, Random random) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = (float) random.nextGaussian() * spread;
      }
      return x;
    }

    void store(int position) {
      cache.reserve(position + 1);
      cache.put(position, keys[position], 0, values[position], 0);
    }

    void put(int position, float value) {
      float[] same = new float[keys[0].length];
      Arrays.fill(same, value);
      cache.reserve(position + 1);
      cache.put(position, same, 0, same, 0);
    }

    float[] attend(KernelProvider kernels, int head, int positions) {
      float[] q = new float[headDim + 3];
      System.arraycopy(query, 0, q, 3, headDim);
      float[] out = new float[headDim + 4];
      Arrays.fill(out, 7);
      kernels.attend(q, 3, cache, head, positions, new Scratch(8), out, 2);
      assertThat(new float[] {out[0], out[1], out[headDim + 2], out[headDim + 3]}).containsOnly(7f);
      return Arrays.copyOfRange(out, 2, 2 + headDim);
    }

    double[] expected(int head, int positions) {
      double[] weights = new double[positions];
      double max = Double.NEGATIVE_INFINITY;
      for (int p = 0; p < positions; p++) {
        for (int d = 0; d < headDim; d++) {
          weights[p] += (double) query[d] * keys[p][head * headDim + d];
        }
        weights[p] /= Math.sqrt(headDim);
        max = Math.max(max, weights[p]);
      }
      double sum = 0;
      for (int p = 0; p < positions; p++) {
        weights[p] = Math.exp(weights[p] - max);
        sum += weights[p];
      }
      double[] out = new double[headDim];
      for (int p = 0; p < positions; p++) {
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
