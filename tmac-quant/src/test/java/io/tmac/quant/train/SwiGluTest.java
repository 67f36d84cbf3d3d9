package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("kernel")
class SwiGluTest {
  private static double silu(double x) {
    return x / (1 + StrictMath.exp(-x));
  }

  /** Gates from -20 to 20, and more values than one chunk has. */
  @Property(tries = 50)
  void resultsAreNearThoseInDoubleAndGradientsNearFiniteDifferences(
      @ForAll @IntRange(min = 0, max = 2200) int count,
      @ForAll @IntRange(min = 0, max = 9) int at,
      @ForAll long seed) {
    float[] x = Ranges.random(count + at, seed);
    FloatMath.scale(x, 0, x.length, 5);
    float[] y = Ranges.random(count + 2 * at, seed + 1);
    float[] dOut = Ranges.random(count + 3 * at, seed + 2);
    float[] out = new float[count + 4 * at + 1];
    float[] dx = new float[count + 5 * at + 1];
    float[] dy = new float[count + 6 * at + 1];
    SwiGlu.forward(x, at, y, 2 * at, out, 4 * at, count);
    SwiGlu.backward(x, at, y, 2 * at, dOut, 3 * at, dx, 5 * at, dy, 6 * at, count);
    double h = 1e-5;
    for (int i = 0; i < count; i++) {
      double gate = x[at + i];
      double factor = y[2 * at + i];
      double gradient = dOut[3 * at + i];
      double slope = (silu(gate + h) - silu(gate - h)) / (2 * h);
      double product = silu(gate) * factor;
      assertThat((double) out[4 * at + i]).isCloseTo(product, within(1e-6 * Math.abs(product)));
      // The slope is a difference of values near 1 and may be near 0 itself.
      assertThat((double) dx[5 * at + i])
          .isCloseTo(gradient * factor * slope, within(2e-6 * Math.abs(gradient * factor)));
      double dyExpected = gradient * silu(gate);
      assertThat((double) dy[6 * at + i])
          .isCloseTo(dyExpected, within(1e-6 * Math.abs(dyExpected)));
    }
    for (float[] result : new float[][] {out, dx, dy}) {
      for (int i = 0; i < result.length; i++) {
        if (i < result.length - 1 - count || i == result.length - 1) {
          assertThat(result[i]).isZero();
        }
      }
    }
  }

  @Example
  void largeGatesHaveNoEffectOrAllOfIt() {
    float[] x = {-1000, -100, 100, 1000, 0};
    float[] y = {2, 2, 2, 2, 2};
    float[] one = {1, 1, 1, 1, 1};
    float[] out = new float[5];
    float[] dx = new float[5];
    float[] dy = new float[5];
    SwiGlu.forward(x, 0, y, 0, out, 0, 5);
    SwiGlu.backward(x, 0, y, 0, one, 0, dx, 0, dy, 0, 5);
    assertThat(out[0]).isZero();
    assertThat(out[1]).isCloseTo(0, within(1e-37f));
    assertThat(out).endsWith(200, 2000, 0);
    assertThat(dx[0]).isZero();
    assertThat(dx[1]).isCloseTo(0, within(1e-37f));
    assertThat(dx).endsWith(2, 2, 1);
    assertThat(dy[0]).isZero();
    assertThat(dy).endsWith(100, 1000, 0);
  }

  /** The gradient of the gates may replace the gates, the factors or the gradient given. */
  @Example
  void theGradientOfTheGatesMayReplaceAnInput() {
    int n = 1100;
    float[] x = Ranges.random(n, 1);
    float[] y = Ranges.random(n, 2);
    float[] dOut = Ranges.random(n, 3);
    float[] dx = new float[n];
    float[] dy = new float[n];
    SwiGlu.backward(x, 0, y, 0, dOut, 0, dx, 0, dy, 0, n);
    float[] inPlace = new float[n];
    for (int i = 0; i < 3; i++) {
      float[][] in = {x.clone(), y.clone(), dOut.clone()};
      SwiGlu.backward(in[0], 0, in[1], 0, in[2], 0, in[i], 0, inPlace, 0, n);
      assertThat(in[i]).isEqualTo(dx);
      assertThat(inPlace).isEqualTo(dy);
    }
  }

  @Example
  void rangesOutsideOfAnArrayAreRefused() {
    float[] two = {1, 2};
    float[] three = new float[3];
    assertThatThrownBy(() -> SwiGlu.forward(two, 0, two, 0, three, 2, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> SwiGlu.backward(two, 0, two, 0, two, 1, three, 0, new float[2], 0, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(three).containsOnly(0);
  }
}
