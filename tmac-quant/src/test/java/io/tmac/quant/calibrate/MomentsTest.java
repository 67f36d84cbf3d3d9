package io.tmac.quant.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.kernel.WorkerPool;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MomentsTest {
  private static final int ROWS = 5;
  private static final int COLS = 7;

  @Test
  void sumsAreOuterProductsOverAllTokens() {
    Random random = new Random(1);
    double[] expected = new double[ROWS * COLS];
    try (WorkerPool pool = new WorkerPool(2)) {
      Moments moments = new Moments(ROWS, COLS, pool);
      for (int tokens : new int[] {1, 4, 6, 11}) {
        float[] y = floats(tokens * ROWS, random);
        float[] x = floats(tokens * COLS, random);
        for (int t = 0; t < tokens; t++) {
          for (int r = 0; r < ROWS; r++) {
            for (int c = 0; c < COLS; c++) {
              expected[r * COLS + c] += (double) y[t * ROWS + r] * x[t * COLS + c];
            }
          }
        }
        moments.add(y, x, tokens);
      }
      assertThat(moments.sums()).containsExactly(expected, offset(1e-5));
    }
  }

  @Test
  void sumsDoNotDependOnTheNumberOfThreads() {
    float[] y = floats(100 * ROWS, new Random(2));
    float[] x = floats(100 * COLS, new Random(3));
    double[][] sums = new double[3][];
    for (int threads = 1; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        Moments moments = new Moments(ROWS, COLS, pool);
        moments.add(y, x, 100);
        sums[threads - 1] = moments.sums();
      }
    }
    assertThat(sums[1]).isEqualTo(sums[0]);
    assertThat(sums[2]).isEqualTo(sums[0]);
  }

  @Test
  void theMeanOfTheDiagonalIsTheMeanSquareOfAnInput() {
    try (WorkerPool pool = new WorkerPool(1)) {
      Moments moments = new Moments(2, 2, pool);
      float[] x = {1, 2, 3, 4};
      moments.add(x, x, 2);
      assertThat(moments.meanDiagonal()).isEqualTo((1 + 4 + 9 + 16) / 2.0);
      moments.addToDiagonal(5);
      assertThat(moments.meanDiagonal()).isEqualTo(20);
      assertThat(moments.sums()[1]).isEqualTo(1 * 2 + 3 * 4);
    }
  }

  private static float[] floats(int count, Random random) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) random.nextGaussian();
    }
    return floats;
  }
}
