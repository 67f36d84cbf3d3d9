package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** {@code out = weight * x / sqrt(mean(x^2) + eps)}. */
class RmsNormTest {

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void dividesByTheRootMeanSquare(
      @ForAll @IntRange(min = 1, max = 70) int n,
      @ForAll @IntRange(min = 0, max = 9) int at,
      @ForAll @IntRange(min = -6, max = 6) int exponent,
      @ForAll long seed) {
    Random random = new Random(seed);
    float[] x = new float[at + n + 2];
    float[] weight = new float[n];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (random.nextGaussian() * Math.pow(10, exponent));
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      weight[i] = random.nextFloat() * 2;
      squares += (double) x[at + i] * x[at + i];
    }
    double root = Math.sqrt(squares / n + 1e-5);
    float[] out = new float[x.length];
    RmsNorm.apply(x, at, weight, 1e-5f, out);
    for (int i = 0; i < n; i++) {
      double expected = weight[i] * (x[at + i] / root);
      assertThat((double) out[at + i]).isCloseTo(expected, offset(3e-7 * Math.abs(expected)));
    }
    assertThat(out[at + n]).isZero();
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void zeroStaysZero(@ForAll @IntRange(min = 1, max = 40) int n) {
    float[] out = new float[n];
    float[] weight = new float[n];
    Arrays.fill(weight, 1);
    RmsNorm.apply(new float[n], 0, weight, 1e-5f, out);
    assertThat(out).containsOnly(0f);
  }
}
