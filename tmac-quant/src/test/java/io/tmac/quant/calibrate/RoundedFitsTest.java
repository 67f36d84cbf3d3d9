package io.tmac.quant.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.encode.Int4Fit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundedFitsTest {

  /** Layers of 6 elements: a block of 32 takes the rest of one, four whole ones, and so on. */
  @Test
  void aBlockReachesOverAllLayersThatItTakesToFillIt() {
    Map<String, RoundedMatrix> layers = new HashMap<>();
    for (int layer = 0; layer < 7; layer++) {
      RoundedMatrix matrix = RoundedMatrix.perBlock(2, 3, Int4Fit.BLOCK, layer * 6L);
      Arrays.fill(matrix.codes(), (byte) (layer + 1));
      Arrays.fill(matrix.scales(), layer);
      layers.put("layers." + layer + ".wq", matrix);
    }
    byte[] first = new byte[Int4Fit.BLOCK];
    RoundedFits fits = new RoundedFits(layers);
    assertThat(fits.int4("layers.0.wq").fit(0, null, 0, first)).isZero();
    for (int i = 0; i < Int4Fit.BLOCK; i++) {
      assertThat(first[i]).as("code %d", i).isEqualTo((byte) (i / 6 + 1));
    }
    byte[] second = new byte[Int4Fit.BLOCK];
    assertThat(fits.int4("layers.5.wq").fit(2, null, 0, second)).isEqualTo(5);
    for (int i = 0; i < Int4Fit.BLOCK; i++) {
      int element = Int4Fit.BLOCK + i; // of the stack of 42
      assertThat(second[i]).as("code %d", i).isEqualTo((byte) (element < 42 ? element / 6 + 1 : 0));
    }
  }
}
