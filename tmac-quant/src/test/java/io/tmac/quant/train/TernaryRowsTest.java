package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TernaryRowsTest {

  @Test
  void codesAreTheRoundedQuotientByTheMean() {
    float[] row = {1, -1, 0.2f, -0.6f, 0.7f, 0, -0.34f, 0.16f}; // mean 0.5, half of it 0.25
    byte[] codes = new byte[row.length];
    float scale = new TernaryRows().fit(0, row, codes);
    assertThat(codes).containsExactly(1, -1, 0, -1, 1, 0, -1, 0);
    assertThat(scale).isEqualTo((float) ((1 + 1 + 0.6f + 0.7f + 0.34f) / 5.0));
  }

  @Test
  void aRowOfZerosStaysOne() {
    float[] out = {5, 5, 5};
    TernaryRows.round(new float[3], 0, 1, 3, out);
    assertThat(out).containsExactly(0, 0, 0);
    assertThat(new TernaryRows().fit(0, new float[3], new byte[3])).isZero();
  }

  @Property
  void trainingSeesWhatTheFileGets(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(2 * random.nextGaussian()));
    }
    float[] rounded = new float[14];
    float[] shifted = new float[14];
    System.arraycopy(values, 0, shifted, 1, 12);
    TernaryRows.round(shifted, 1, 3, 4, rounded);
    for (int row = 0; row < 3; row++) {
      float[] one = java.util.Arrays.copyOfRange(values, 4 * row, 4 * row + 4);
      byte[] codes = new byte[4];
      float scale = new TernaryRows().fit(row, one, codes);
      float stored = Float.float16ToFloat(Float.floatToFloat16(scale));
      for (int i = 0; i < 4; i++) {
        assertThat(rounded[1 + 4 * row + i]).isEqualTo(codes[i] * stored);
      }
    }
    assertThat(rounded[0]).isZero();
    assertThat(rounded[13]).isZero();
  }
}
