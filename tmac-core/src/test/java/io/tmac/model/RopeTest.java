package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.RopePairs;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Rotary position embedding. */
class RopeTest {

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void turnsPairsByThePositionTimesTheirFrequency(
      @ForAll @IntRange(min = 1, max = 40) int pairs,
      @ForAll @IntRange(min = 1, max = 3) int heads,
      @ForAll @IntRange(min = 0, max = 100_000) int position,
      @ForAll long seed) {
    int headDim = 2 * pairs;
    float[] x = gaussian(heads * headDim, seed);
    float[] turned = turn(x, headDim, position);
    for (int i = 0; i < x.length; i += 2) {
      double angle = position * Math.pow(10000, -(double) (i % headDim) / headDim);
      double a = x[i] * Math.cos(angle) - x[i + 1] * Math.sin(angle);
      double b = x[i] * Math.sin(angle) + x[i + 1] * Math.cos(angle);
      assertThat((double) turned[i]).isCloseTo(a, offset(2e-6));
      assertThat((double) turned[i + 1]).isCloseTo(b, offset(2e-6));
    }
  }

  /** The order of rows in q and k is the only difference between the two kinds of files. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void halvesTurnAsInterleavedPairsDo(
      @ForAll @IntRange(min = 1, max = 40) int pairs,
      @ForAll @IntRange(min = 1, max = 3) int heads,
      @ForAll @IntRange(min = 0, max = 1000) int position,
      @ForAll long seed) {
    float[] x = gaussian(2 * pairs * heads, seed);
    float[] turned = turn(x, 2 * pairs, position, RopePairs.HALVES);
    assertThat(interleave(turned, 2 * pairs))
        .isEqualTo(turn(interleave(x, 2 * pairs), 2 * pairs, position));
  }

  private static float[] interleave(float[] x, int headDim) {
    float[] out = new float[x.length];
    for (int head = 0; head < x.length; head += headDim) {
      for (int j = 0; j < headDim / 2; j++) {
        out[head + 2 * j] = x[head + j];
        out[head + 2 * j + 1] = x[head + j + headDim / 2];
      }
    }
    return out;
  }

  @Example
  void positionZeroChangesNothing() {
    float[] x = gaussian(48, 1);
    assertThat(turn(x, 16, 0)).isEqualTo(x);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void productsDependOnTheDistanceAlone(
      @ForAll @IntRange(min = 0, max = 500) int position,
      @ForAll @IntRange(min = 0, max = 500) int shift,
      @ForAll long seed) {
    float[] q = gaussian(16, seed);
    float[] k = gaussian(16, seed + 1);
    double near = dot(turn(q, 16, position), turn(k, 16, 0));
    double far = dot(turn(q, 16, position + shift), turn(k, 16, shift));
    assertThat(far).isCloseTo(near, offset(2e-5));
  }

  private static float[] turn(float[] x, int headDim, int position) {
    return turn(x, headDim, position, RopePairs.INTERLEAVED);
  }

  private static float[] turn(float[] x, int headDim, int position, RopePairs pairs) {
    ModelConfig config = new ModelConfig(8, 8, 1, 1, 1, headDim, 8, 8, 10000, 1e-5f);
    Rope rope = new Rope(config.withRopePairs(pairs));
    float[] angles = new float[headDim + 3];
    rope.angles(position, angles, 3);
    float[] turned = x.clone();
    rope.apply(turned, 0, x.length, angles, 3);
    return turned;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private static float[] gaussian(int n, long seed) {
    Random random = new Random(seed);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }
}
