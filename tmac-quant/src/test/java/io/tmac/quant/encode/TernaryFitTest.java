package io.tmac.quant.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TernaryFitTest {
  private static final float MAX_FLOAT16 = 65504;

  /** Rows of any width, of any size of float16, float16 subnormals and zeros among them. */
  @Provide
  static Arbitrary<float[]> rows() {
    return Arbitraries.integers()
        .between(-28, 12)
        .flatMap(exponent ->
            Arbitraries.oneOf(
                    Arbitraries.floats().between(-1, 1),
                    Arbitraries.of(0f, -0f, 0.4f, -0.4f, 1f, -1f))
                .map(value -> Math.scalb(value, exponent))
                .array(float[].class)
                .ofMinSize(1)
                .ofMaxSize(150));
  }

  @Provide
  static Arbitrary<float[]> shortRows() {
    return Arbitraries.floats().between(-3, 3).array(float[].class).ofMinSize(1).ofMaxSize(7);
  }

  @Property
  void codesHaveTheSignsOfTheirWeights(@ForAll("rows") float[] row) {
    for (TernaryFit fit : fits()) {
      Fitted fitted = Fitted.of(fit, row);
      assertThat(fitted.scale).isBetween(0f, MAX_FLOAT16);
      for (int c = 0; c < row.length; c++) {
        assertThat(fitted.codes[c]).isIn((byte) 0, (byte) Math.signum(row[c]));
      }
    }
  }

  @Property
  void theScaleIsNotBeyondTheLargestMagnitude(@ForAll("rows") float[] row) {
    float max = Blocks.largestMagnitude(row, 0, row.length);
    for (TernaryFit fit : fits()) {
      assertThat(fit.fit(0, row, new byte[row.length])).isLessThanOrEqualTo(max * 1.001f + 2e-6f);
    }
  }

  /** What was quantised once does not change any more. */
  @Property
  void isIdempotent(@ForAll("rows") float[] row) {
    for (TernaryFit fit : fits()) {
      Fitted once = Fitted.of(fit, row);
      Fitted twice = Fitted.of(fit, once.values());
      boolean zeros = Blocks.largestMagnitude(once.values(), 0, row.length) == 0;
      assertThat(twice.values()).isEqualTo(once.values());
      if (!zeros) {
        assertThat(twice.codes).isEqualTo(once.codes);
        assertThat(twice.scale).isEqualTo(once.scale);
      }
    }
  }

  @Property
  void leastSquaresIsNeverWorseThanThePort(@ForAll("rows") float[] row) {
    double port = Fitted.of(new PortTernaryFit(), row).error(row);
    double fitted = Fitted.of(new LeastSquaresTernaryFit(), row).error(row);
    // Beside the best scale, the rounding of either scale to float16 may cost something.
    double scale = Fitted.of(new LeastSquaresTernaryFit(), row).scale;
    double rounding = Math.max(scale * 0x1p-11, 0x1p-25);
    assertThat(fitted).isLessThanOrEqualTo(port + row.length * rounding * rounding);
  }

  /** Against all codes there are, each with its best scale. */
  @Property
  void leastSquaresIsTheOptimum(@ForAll("shortRows") float[] row) {
    double best = Double.POSITIVE_INFINITY;
    int all = (int) Math.pow(3, row.length);
    for (int number = 0; number < all; number++) {
      double product = 0;
      double square = 0;
      for (int c = 0, rest = number; c < row.length; c++, rest /= 3) {
        product += (rest % 3 - 1) * row[c];
        square += Math.abs(rest % 3 - 1);
      }
      double scale = square == 0 ? 0 : Math.max(0, product / square);
      double error = 0;
      for (int c = 0, rest = number; c < row.length; c++, rest /= 3) {
        error += Math.pow(row[c] - scale * (rest % 3 - 1), 2);
      }
      best = Math.min(best, error);
    }
    Fitted fitted = Fitted.of(new LeastSquaresTernaryFit(), row);
    double rounding = Math.max(fitted.scale * 0x1p-11, 0x1p-25);
    assertThat(fitted.error(row)).isLessThanOrEqualTo(best + 8 * rounding * rounding + 1e-12);
  }

  @Example
  void aRowOfZerosHasThePortsSmallScaleOrNone() {
    float[] zeros = new float[5];
    Fitted port = Fitted.of(new PortTernaryFit(), zeros);
    assertThat(Float.floatToFloat16(port.scale)).isEqualTo((short) 0x0011);
    assertThat(port.codes).containsOnly(0);
    Fitted fitted = Fitted.of(new LeastSquaresTernaryFit(), zeros);
    assertThat(fitted.scale).isZero();
    assertThat(fitted.codes).containsOnly(0);
  }

  @Example
  void thePortsThresholdIsStrict() {
    // The mean is 1.25, the threshold 0.5: not exceeded by 0.5 itself.
    float[] row = {0.5f, -0.5f, 2, -2};
    Fitted port = Fitted.of(new PortTernaryFit(), row);
    assertThat(port.codes).containsExactly(0, 0, 1, -1);
    assertThat(port.scale).isEqualTo(2);
  }

  @Example
  void leastSquaresKeepsScalesWithinFloat16() {
    float[] huge = {1e30f, -1e30f, 1};
    Fitted fitted = Fitted.of(new LeastSquaresTernaryFit(), huge);
    assertThat(fitted.scale).isEqualTo(MAX_FLOAT16);
    assertThat(fitted.codes).containsExactly(1, -1, 0);
    float[] tiny = {Float.MIN_VALUE, -Float.MIN_VALUE, 1e-9f};
    assertThat(Fitted.of(new LeastSquaresTernaryFit(), tiny).values()).containsOnly(0);
    float[] subnormal = {3e-7f, -3e-7f, 1e-8f}; // five steps of the smallest float16
    assertThat(Fitted.of(new LeastSquaresTernaryFit(), subnormal).codes).containsExactly(1, -1, 0);
  }

  private static TernaryFit[] fits() {
    return new TernaryFit[] {new PortTernaryFit(), new LeastSquaresTernaryFit()};
  }

  /** Codes and the scale as it is stored. */
  private record Fitted(float scale, byte[] codes) {

    static Fitted of(TernaryFit fit, float[] row) {
      byte[] codes = new byte[row.length];
      Arrays.fill(codes, (byte) 99);
      return new Fitted(Blocks.float16(fit.fit(0, row, codes)), codes);
    }

    float[] values() {
      float[] values = new float[codes.length];
      for (int c = 0; c < codes.length; c++) {
        values[c] = codes[c] * scale + 0f; // not -0
      }
      return values;
    }

    double error(float[] row) {
      double error = 0;
      for (int c = 0; c < row.length; c++) {
        error += Math.pow((double) row[c] - (double) codes[c] * scale, 2);
      }
      return error;
    }
  }
}
