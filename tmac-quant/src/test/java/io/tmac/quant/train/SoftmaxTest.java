package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("kernel")
class SoftmaxTest {

  @Property(tries = 200)
  void probabilitiesAndStatisticsAreNearThoseInDouble(
      @ForAll @IntRange(min = 1, max = 300) int count,
      @ForAll @IntRange(min = 0, max = 9) int at,
      @ForAll @IntRange(min = 1, max = 40) int tenths,
      @ForAll long seed) {
    float factor = tenths / 10f;
    float[] x = Ranges.random(at + count + 3, seed);
    float[] p = x.clone();
    float[] stats = {7, 7, 7, 7};
    Softmax.softmax(p, at, count, factor, stats, 1);

    double sum = 0;
    double max = Double.NEGATIVE_INFINITY;
    for (int i = at; i < at + count; i++) {
      max = Math.max(max, (double) factor * x[i]);
    }
    for (int i = at; i < at + count; i++) {
      sum += StrictMath.exp((double) factor * x[i] - max);
    }
    assertThat((double) stats[1]).isCloseTo(max, within(1e-7 * Math.abs(max)));
    assertThat((double) stats[2]).isCloseTo(sum, within(4e-6 * sum));
    for (int i = at; i < at + count; i++) {
      double expected = StrictMath.exp((double) factor * x[i] - max) / sum;
      assertThat((double) p[i]).isCloseTo(expected, within(6e-6 * expected));
      double logProbability = (double) factor * x[i] - stats[1] - Math.log(stats[2]);
      assertThat(logProbability).isCloseTo(Math.log(expected), within(1e-5));
    }
    for (int i = 0; i < x.length; i++) {
      if (i < at || i >= at + count) {
        assertThat(p[i]).isEqualTo(x[i]);
      }
    }
    assertThat(stats[0]).isEqualTo(7);
    assertThat(stats[3]).isEqualTo(7);
  }

  @Example
  void largeDifferencesAndMaskedValuesAreNoProblem() {
    float[] x = {1e30f, -1e30f, Float.NEGATIVE_INFINITY, 0};
    float[] stats = new float[2];
    Softmax.softmax(x, 0, 4, 1, stats, 0);
    assertThat(x).containsExactly(1, 0, 0, 0);
    assertThat(stats).containsExactly(1e30f, 1);
  }

  @Example
  void wrongArgumentsAreRefusedBeforeAnythingIsWritten() {
    float[] x = {1, 2};
    float[] stats = new float[2];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Softmax.softmax(x, 0, 0, 1, stats, 0))
        .withMessage("softmax of 0 values, factor 1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Softmax.softmax(x, 0, 2, Float.NaN, stats, 0));
    assertThatThrownBy(() -> Softmax.softmax(x, 1, 2, 1, stats, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Softmax.softmax(x, 0, 2, 1, stats, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(x).containsExactly(1, 2);
  }
}
