package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;

/** Against the paper's algorithm 2, in double precision. */
class AdamWTest {

  @Property(tries = 200)
  void isThePapers(
      @ForAll @FloatRange(min = -2, max = 2) float weight,
      @ForAll @FloatRange(min = -2, max = 2) float slope,
      @ForAll @FloatRange(min = 0, max = 0.99f) float beta1,
      @ForAll @FloatRange(min = 0, max = 0.99f) float beta2,
      @ForAll @FloatRange(min = 0, max = 1) float decay,
      @ForAll @IntRange(min = 1, max = 30) int steps) {
    float[] w = {9, weight, 9};
    float[] m = new float[3];
    float[] s = new float[3];
    AdamW optimizer = new AdamW(beta1, beta2, 1e-8f, decay);
    double expected = weight;
    double mean = 0;
    double square = 0;
    for (int t = 1; t <= steps; t++) {
      float gradient = slope * (t % 3 - 0.4f);
      optimizer.update(w, new float[] {5, gradient, 5}, m, s, 1, 2, t, 0.01f, 0.5f, true);
      double g = gradient * 0.5;
      mean = beta1 * mean + (1 - (double) beta1) * g;
      square = beta2 * square + (1 - (double) beta2) * g * g;
      double meanHat = mean / (1 - Math.pow(beta1, t));
      double squareHat = square / (1 - Math.pow(beta2, t));
      expected -= 0.01 * (meanHat / (Math.sqrt(squareHat) + 1e-8) + decay * expected);
    }
    assertThat((double) w[1]).isCloseTo(expected, Offset.offset(2e-5));
    assertThat(w[0]).isEqualTo(9);
    assertThat(w[2]).isEqualTo(9);
  }
}
