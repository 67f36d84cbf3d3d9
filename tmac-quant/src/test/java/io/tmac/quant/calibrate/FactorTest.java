package io.tmac.quant.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.tmac.TmacException;
import io.tmac.kernel.WorkerPool;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FactorTest {
  private static final int N = 19;

  @Test
  void theProductOfTheFactorsIsTheMatrixInItsOrder() {
    double[] h = Problems.inputs(N, 40, new Random(1));
    try (WorkerPool pool = new WorkerPool(2)) {
      Factor factor = new Factor(h, N, pool);
      // Rows of R: what one unit of weight i takes out of the columns behind it.
      double[][] r = new double[N][N];
      for (int i = 0; i < N; i++) {
        float[] row = new float[N];
        factor.subtract(i, -1, row);
        for (int j = i + 1; j < N; j++) {
          r[i][j] = row[j];
        }
        r[i][i] = factor.diagonal(i);
      }
      for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
          double product = 0;
          for (int k = 0; k < N; k++) {
            product += r[i][k] * r[j][k];
          }
          double expected = h[factor.column(i) * N + factor.column(j)];
          assertThat(product).isCloseTo(expected, offset(1e-4 * h[0]));
        }
      }
    }
  }

  @Test
  void columnsWithLargeInputsComeFirst() {
    double[] h = Problems.inputs(N, 40, new Random(2));
    try (WorkerPool pool = new WorkerPool(1)) {
      Factor factor = new Factor(h, N, pool);
      for (int i = 1; i < N; i++) {
        int before = factor.column(i - 1);
        int column = factor.column(i);
        assertThat(h[before * N + before]).isGreaterThanOrEqualTo(h[column * N + column]);
      }
    }
  }

  @Test
  void projectionSolvesTheProblem() {
    Random random = new Random(3);
    double[] h = Problems.inputs(N, 40, random);
    double[] w = Problems.weights(N, random);
    try (WorkerPool pool = new WorkerPool(1)) {
      Factor factor = new Factor(h, N, pool);
      double[] z = new double[N];
      factor.project(Problems.times(w, h), z);
      float[] rest = new float[N];
      for (int i = 0; i < N; i++) {
        rest[i] = (float) z[i];
      }
      for (int i = 0; i < N; i++) {
        float weight = rest[i] / factor.diagonal(i);
        assertThat(weight).isCloseTo((float) w[factor.column(i)], offset(1e-3f));
        factor.subtract(i, weight, rest);
      }
    }
  }

  @Test
  void whatIsNotPositiveDefiniteIsAnError() {
    try (WorkerPool pool = new WorkerPool(1)) {
      assertThatThrownBy(() -> new Factor(new double[] {1, 2, 2, 1}, 2, pool))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("calibration text");
      assertThatThrownBy(() -> new Factor(new double[] {1, 0, 0, Double.NaN}, 2, pool))
          .isInstanceOf(TmacException.class)
          .hasMessageContaining("NaN");
    }
  }
}
