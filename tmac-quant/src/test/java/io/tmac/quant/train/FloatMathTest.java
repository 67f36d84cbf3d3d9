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
class FloatMathTest {

  @Property(tries = 200)
  void elementwiseResultsAreThoseOfPlainLoopsAndNothingElseIsWritten(
      @ForAll @IntRange(min = 0, max = 150) int count,
      @ForAll @IntRange(min = 0, max = 9) int at,
      @ForAll @IntRange(min = 0, max = 9) int yAt,
      @ForAll long seed) {
    float[] x = Ranges.random(at + count + 3, seed);
    float[] y = Ranges.random(yAt + count + 3, seed + 1);
    float[] sum = y.clone();
    float[] scaled = x.clone();
    for (int i = 0; i < count; i++) {
      sum[yAt + i] = Math.fma(-1.7f, x[at + i], y[yAt + i]);
      scaled[at + i] *= 0.3f;
    }
    FloatMath.axpy(-1.7f, x, at, y, yAt, count);
    FloatMath.scale(x, at, count, 0.3f);
    assertThat(y).isEqualTo(sum);
    assertThat(x).isEqualTo(scaled);
  }

  @Property(tries = 200)
  void sumsAreNearThoseInDouble(
      @ForAll @IntRange(min = 0, max = 300) int count,
      @ForAll @IntRange(min = 0, max = 9) int at,
      @ForAll @IntRange(min = 0, max = 9) int yAt,
      @ForAll long seed) {
    float[] x = Ranges.random(at + count + 3, seed);
    float[] y = Ranges.random(yAt + count + 3, seed + 1);
    double dot = 0;
    double dotMagnitude = 0;
    double squares = 0;
    double sum = 0;
    double magnitude = 0;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      double product = (double) x[at + i] * y[yAt + i];
      dot += product;
      dotMagnitude += Math.abs(product);
      squares += (double) x[at + i] * x[at + i];
      sum += x[at + i];
      magnitude += Math.abs(x[at + i]);
      max = Math.max(max, x[at + i]);
    }
    assertThat((double) FloatMath.dot(x, at, y, yAt, count))
        .isCloseTo(dot, within(2e-6 * dotMagnitude));
    assertThat((double) FloatMath.sumOfSquares(x, at, count))
        .isCloseTo(squares, within(2e-6 * squares));
    assertThat((double) FloatMath.sum(x, at, count)).isCloseTo(sum, within(2e-6 * magnitude));
    assertThat(FloatMath.max(x, at, count)).isEqualTo(max);
  }

  /** In the interpreter as in compiled code. */
  @Example
  void repeatsAreEqualToTheBit() {
    float[] x = Ranges.random(1003, 1);
    float[] y = Ranges.random(1003, 2);
    float dot = FloatMath.dot(x, 0, y, 0, 1003);
    float sum = FloatMath.sum(x, 0, 1003);
    for (int i = 0; i < 20_000; i++) {
      assertThat(FloatMath.dot(x, 0, y, 0, 1003)).isEqualTo(dot);
      assertThat(FloatMath.sum(x, 0, 1003)).isEqualTo(sum);
    }
  }

  @Example
  void theMaximumWithOneThatIsNotANumberIsNone() {
    for (int i = 0; i < 85; i++) {
      float[] x = Ranges.random(85, 1);
      x[i] = Float.NaN;
      assertThat(FloatMath.max(x, 0, 85)).isNaN();
    }
  }

  @Example
  void rangesOutsideOfAnArrayAreRefused() {
    float[] x = {1, 2, 3};
    float[] y = {1, 2};
    assertThatThrownBy(() -> FloatMath.axpy(1, x, 0, y, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FloatMath.axpy(1, y, 0, x, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FloatMath.scale(x, 1, 3, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FloatMath.dot(x, 0, y, 0, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FloatMath.sum(x, -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FloatMath.max(x, 0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(x).containsExactly(1, 2, 3);
    assertThat(y).containsExactly(1, 2);
  }
}
