package io.tmac.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The exponential function of attention and SwiGLU. */
@Tag("kernel")
class ExpTest {
  private static final int MAX_ULPS = 4;

  @Test
  void isAccurateToFourUlps() {
    int count = 100_000;
    for (int i = 0; i <= count; i++) {
      float x = -87 + 175f * i / count;
      double exact = Math.exp(x);
      assertThat(Math.abs(exp(x) - exact) / Math.ulp((float) exact))
          .as("exp(%s)", x)
          .isLessThanOrEqualTo(MAX_ULPS);
    }
  }

  @Test
  void isOneAtZero() {
    assertThat(exp(0)).isEqualTo(1);
    assertThat(exp(-0.0f)).isEqualTo(1);
  }

  @Test
  void isZeroFarBelowAndFiniteFarAbove() {
    for (float x : new float[] {-87.001f, -100, -1e30f, Float.NEGATIVE_INFINITY}) {
      assertThat(exp(x)).isZero();
    }
    for (float x : new float[] {88, 89, 1e30f, Float.POSITIVE_INFINITY}) {
      assertThat(exp(x)).isEqualTo(exp(88)).isFinite();
    }
    assertThat(exp(Float.NaN)).isNaN();
  }

  @Test
  void neverGrowsWhenItsArgumentFalls() {
    float last = 0;
    for (int i = 0; i <= 50_000; i++) {
      float y = exp(-20 + i * 4e-4f);
      assertThat(y).isGreaterThanOrEqualTo(last * (1 - 1e-6f));
      last = y;
    }
  }

  @Test
  void vectorsAndTailsGiveTheSameBits() {
    Random random = new Random(1);
    float[] special = {0, -0.0f, 88, 90, -87, -88, 1e30f, -1e30f, Float.NaN};
    for (int n = 1; n <= 70; n++) {
      float[] x = new float[n + 2];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextInt(4) == 0 ? special[random.nextInt(special.length)] : random() * 100;
      }
      float shift = random.nextFloat() * 3;
      float[] expected = x.clone();
      for (int i = 1; i <= n; i++) {
        expected[i] = exp(x[i] - shift);
      }
      Exp.shiftedExp(x, 1, n + 1, shift, true);
      assertThat(x).as("%d values: %s", n, Arrays.toString(x)).isEqualTo(expected);
    }
  }

  /** One value: too few for a vector, so that it takes the scalar way. */
  private static float exp(float x) {
    float[] value = {x};
    Exp.shiftedExp(value, 0, 1, 0, true);
    return value[0];
  }

  private final Random values = new Random(2);

  private float random() {
    return 2 * values.nextFloat() - 1;
  }
}
