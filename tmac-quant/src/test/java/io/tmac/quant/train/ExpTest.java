package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class ExpTest {

  @Test
  void theRelativeErrorIsBelow2e7WhereResultsAreNormalNumbers() {
    // 13 million steps would be all floats; this takes one of about ten.
    int n = 1_300_001;
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) (-87.3 + (88.7 + 87.3) * i / (n - 1));
    }
    float[] y = new float[n];
    Exp.exp(x, 0, 1, 0, y, 0, n);
    double worst = 0;
    for (int i = 0; i < n; i++) {
      worst = Math.max(worst, Math.abs(y[i] / StrictMath.exp(x[i]) - 1));
    }
    assertThat(worst).isLessThan(2e-7);
  }

  @Test
  void resultsBelowNormalNumbersAreRoundedToOne() {
    float[] y = new float[64];
    float[] x = new float[64];
    for (int i = 0; i < 64; i++) {
      x[i] = -87.4f - i * 0.25f;
    }
    Exp.exp(x, 0, 1, 0, y, 0, 64);
    for (int i = 0; i < 64; i++) {
      double expected = StrictMath.exp(x[i]);
      assertThat(Math.abs(y[i] - expected))
          .isLessThanOrEqualTo(0.501 * Float.MIN_VALUE + 2e-7 * expected);
    }
  }

  @Test
  void specialValuesInVectorsAndBehindThem() {
    float[] x = {
      0,
      -0f,
      88.72f,
      88.73f,
      1000,
      Float.POSITIVE_INFINITY,
      -104,
      -1e30f,
      Float.NEGATIVE_INFINITY,
      Float.NaN
    };
    float infinity = Float.POSITIVE_INFINITY;
    float large = (float) StrictMath.exp(88.72f);
    float[] expected = {1, 1, large, infinity, infinity, infinity, 0, 0, 0, Float.NaN};
    for (int at = 0; at < 40; at++) {
      // All but ten values of a range are zeros; the ten pass through every lane.
      float[] in = new float[50];
      System.arraycopy(x, 0, in, at, x.length);
      Exp.exp(in, 0, 1, 0, in, 0, 50);
      for (int i = 0; i < 50; i++) {
        float result = i < at || i >= at + x.length ? 1 : expected[i - at];
        if (result == large) {
          assertThat(Math.abs(in[i] / StrictMath.exp(88.72f) - 1)).isLessThan(2e-7);
        } else {
          assertThat(in[i]).as("index %d", i).isEqualTo(Float.valueOf(result));
        }
      }
    }
  }

  @Test
  void factorAndShiftAreAppliedWithOneRounding() {
    float[] x = Ranges.random(37, 1);
    float[] y = new float[40];
    Exp.exp(x, 3, 0.3f, -0.7f, y, 2, 34);
    for (int i = 0; i < 34; i++) {
      double expected = StrictMath.exp(Math.fma(x[3 + i], 0.3f, -0.7f));
      assertThat(Math.abs(y[2 + i] / expected - 1)).isLessThan(2e-7);
    }
    assertThat(y[1]).isZero();
    assertThat(y[36]).isZero();
  }

  /** One value alone has the bits that it has in a vector, before and after compilation. */
  @Test
  void aResultDoesNotDependOnItsPlace() {
    float[] x = Ranges.random(67, 2);
    float[] whole = new float[67];
    for (int repeat = 0; repeat < 20_000; repeat++) {
      Exp.exp(x, 0, 7, 0, whole, 0, 67);
      int i = repeat % 67;
      float[] one = {x[i]};
      Exp.exp(one, 0, 7, 0, one, 0, 1);
      assertThat(whole[i]).isEqualTo(one[0]);
    }
  }

  @Test
  void rangesOutsideOfAnArrayAreRefused() {
    float[] x = {1, 2};
    float[] y = new float[3];
    assertThatThrownBy(() -> Exp.exp(x, 0, 1, 0, y, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Exp.exp(x, 0, 1, 0, y, 2, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(y).containsOnly(0);
  }
}
