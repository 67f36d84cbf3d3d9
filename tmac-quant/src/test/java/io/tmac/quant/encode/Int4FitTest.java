package io.tmac.quant.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class Int4FitTest {
  private static final int BLOCK = Int4Fit.BLOCK;

  /** Blocks of any size of float16, with equal values and zeros. */
  @Provide
  static Arbitrary<float[]> blocks() {
    return Arbitraries.integers()
        .between(-26, 15)
        .flatMap(exponent ->
            Arbitraries.oneOf(
                    Arbitraries.floats().between(-1, 1), Arbitraries.of(0f, -0f, 0.5f, 1f, -1f))
                .map(value -> Math.scalb(value, exponent))
                .array(float[].class)
                .ofSize(BLOCK));
  }

  @Property
  void codesAndScalesStayInTheirRange(@ForAll("blocks") float[] block) {
    for (Int4Fit fit : fits()) {
      Fitted fitted = Fitted.of(fit, block);
      assertThat(fitted.scale).isBetween(-65504f, 65504f);
      for (byte code : fitted.codes) {
        assertThat(code).isBetween((byte) -8, (byte) 7);
      }
    }
  }

  /** As long as the scale is a normal float16, no weight moves further than half a step. */
  @Property
  void thePortRoundsToTheNearestCode(@ForAll("blocks") float[] block) {
    Fitted fitted = Fitted.of(new PortInt4Fit(), block);
    if (fitted.scale >= 0x1p-14f) {
      float[] values = fitted.values();
      for (int i = 0; i < BLOCK; i++) {
        assertThat(Math.abs(values[i] - block[i])).isLessThanOrEqualTo(fitted.scale * 0.505f);
      }
    }
  }

  @Property
  void thePortIsIdempotent(@ForAll("blocks") float[] block) {
    Fitted once = Fitted.of(new PortInt4Fit(), block);
    if (once.scale >= 0x1p-14f) { // else the steps of float16 are too coarse for 7 * scale / 7
      Fitted twice = Fitted.of(new PortInt4Fit(), once.values());
      assertThat(twice.scale).isEqualTo(once.scale);
      assertThat(twice.codes).isEqualTo(once.codes);
    }
  }

  /** Other codes may mean the same values: all even, or of the other sign. */
  @Property
  void theSearchFindsQuantisedValuesAgain(@ForAll("blocks") float[] block) {
    Fitted once = Fitted.of(new SearchInt4Fit(), block);
    if (Math.abs(once.scale) >= 0x1p-14f) {
      assertThat(Fitted.of(new SearchInt4Fit(), once.values()).values()).isEqualTo(once.values());
    }
  }

  @Property
  void theSearchIsNeverWorseThanThePort(@ForAll("blocks") float[] block) {
    double port = Fitted.of(new PortInt4Fit(), block).error(block);
    double searched = Fitted.of(new SearchInt4Fit(), block).error(block);
    if (Double.isFinite(port)) {
      assertThat(searched).isLessThanOrEqualTo(port);
    }
  }

  /** Against every float16 that may be the scale of a block of ordinary weights. */
  @Example
  void theSearchIsNearTheOptimum() {
    Random random = new Random(5);
    double searched = 0;
    double optimal = 0;
    double port = 0;
    for (int n = 0; n < 200; n++) {
      float[] block = gaussian(random);
      searched += Fitted.of(new SearchInt4Fit(), block).error(block);
      port += Fitted.of(new PortInt4Fit(), block).error(block);
      optimal += leastError(block);
    }
    assertThat(searched).isBetween(optimal, optimal * 1.01);
    assertThat(searched).isLessThan(port * 0.9);
  }

  private static double leastError(float[] block) {
    float max = Blocks.largestMagnitude(block, 0, BLOCK);
    double least = Double.POSITIVE_INFINITY;
    int last = Float.floatToFloat16(max / 3);
    for (int bits = Float.floatToFloat16(max / 12); bits <= last; bits++) {
      float scale = Float.float16ToFloat((short) bits);
      for (float signed : new float[] {scale, -scale}) {
        byte[] codes = new byte[BLOCK];
        Blocks.round(block, 0, BLOCK, signed, -8, 7, codes);
        least = Math.min(least, new Fitted(signed, codes).error(block));
      }
    }
    return least;
  }

  @Example
  void importantColumnsGetTheSmallerError() {
    Random random = new Random(6);
    float[] importance = new float[48];
    Arrays.fill(importance, 0.01f);
    importance[3] = 100; // Columns 3, 51, ... of the flat tensor.
    double plain = 0;
    double weighted = 0;
    for (int n = 0; n < 100; n++) {
      float[] block = gaussian(random);
      // A block that begins in column 24 holds column 3 of the next row at 27.
      byte[] codes = new byte[BLOCK];
      float scale = Blocks.float16(new SearchInt4Fit(importance).fit(24, block, 0, codes));
      weighted += Math.abs(block[27] - scale * codes[27]);
      Fitted other = Fitted.of(new SearchInt4Fit(), block);
      plain += Math.abs(block[27] - other.scale * other.codes[27]);
    }
    assertThat(weighted).isLessThan(plain / 4);
  }

  @Example
  void aBlockOfZeros() {
    float[] zeros = new float[BLOCK];
    assertThat(Fitted.of(new PortInt4Fit(), zeros).codes).containsOnly(-8);
    assertThat(Fitted.of(new PortInt4Fit(), zeros).scale).isZero();
    assertThat(Fitted.of(new SearchInt4Fit(), zeros).codes).containsOnly(0);
    assertThat(Fitted.of(new SearchInt4Fit(), zeros).scale).isZero();
  }

  @Example
  void valuesBeyondFloat16() {
    float[] block = new float[BLOCK];
    block[0] = Float.MIN_VALUE;
    assertThat(Fitted.of(new SearchInt4Fit(), block).values()).containsOnly(0);
    block[1] = -1e30f;
    Fitted fitted = Fitted.of(new SearchInt4Fit(), block);
    assertThat(Math.abs(fitted.scale)).isEqualTo(65504);
    assertThat(fitted.values()[1]).isEqualTo(-8 * 65504f);
    assertThat(Fitted.of(new PortInt4Fit(), block).scale).isInfinite(); // as the original
  }

  @Example
  void thePortRoundsHalfToEvenAndClips() {
    float[] block = new float[BLOCK];
    float[] first = {7, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -7};
    System.arraycopy(first, 0, block, 0, first.length);
    Fitted fitted = Fitted.of(new PortInt4Fit(), block);
    assertThat(fitted.scale).isEqualTo(1);
    assertThat(Arrays.copyOf(fitted.codes, first.length)).containsExactly(7, 0, 2, 2, 0, -2, -7);
  }

  private static float[] gaussian(Random random) {
    float[] block = new float[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      block[i] = (float) random.nextGaussian() * 0.05f;
    }
    return block;
  }

  private static Int4Fit[] fits() {
    return new Int4Fit[] {new PortInt4Fit(), new SearchInt4Fit()};
  }

  /** Codes and the scale as it is stored. */
  private record Fitted(float scale, byte[] codes) {

    static Fitted of(Int4Fit fit, float[] block) {
      byte[] codes = new byte[BLOCK];
      return new Fitted(Blocks.float16(fit.fit(0, block, 0, codes)), codes);
    }

    float[] values() {
      float[] values = new float[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        values[i] = codes[i] * scale + 0f; // not -0
      }
      return values;
    }

    double error(float[] block) {
      double error = 0;
      for (int i = 0; i < BLOCK; i++) {
        error += Math.pow((double) block[i] - (double) codes[i] * scale, 2);
      }
      return error;
    }
  }
}
