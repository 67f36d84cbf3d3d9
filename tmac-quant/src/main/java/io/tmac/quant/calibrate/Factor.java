package io.tmac.quant.calibrate;

import io.tmac.TmacException;
import io.tmac.kernel.WorkerPool;
import java.util.stream.IntStream;

/**
 * A symmetric positive definite matrix H {@code [n x n]}, its columns brought into the order in
 * which weights are rounded, as {@code H = R R^T} with R upper triangular.
 *
 * <p>The squared error of a row of weights w is {@code (w - q) H (w - q)^T = |w R - q R|^2}. Its
 * term j holds only the columns up to j. So, with z = w R, weights can be rounded one after the
 * other: column j takes the grid value nearest to {@code z'[j] / R[j][j]}, where z' is what the
 * columns before it have left of z. That is GPTQ (Frantar et al. 2022) without an inverse.
 *
 * <p>The order is by falling diagonal: the columns with the largest inputs are rounded first, while
 * all others can still make up for their errors.
 */
final class Factor {
  private final int n;
  private final int[] order;

  /** R by rows: {@code r[i * n + j]} for j &gt;= i. */
  private final float[] r;

  /** R by columns: {@code columns[j * n + i]} for i &lt;= j. */
  private final double[] columns;

  private final float[] h;

  /**
   * Factorises a matrix.
   *
   * @param h {@code [n x n]}, symmetric
   * @param n its size
   * @param pool the threads
   * @throws TmacException if it is not positive definite
   */
  Factor(double[] h, int n, WorkerPool pool) {
    this.n = n;
    this.order =
        IntStream.range(0, n)
            .boxed()
            .sorted((a, b) -> Double.compare(h[b * n + b], h[a * n + a]))
            .mapToInt(Integer::intValue)
            .toArray();
    this.h = new float[n * n];
    double[] rest = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        this.h[i * n + j] = (float) h[i * n + j];
        rest[i * n + j] = h[order[i] * n + order[j]];
      }
    }
    this.columns = factorise(rest, n, pool);
    this.r = new float[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        r[i * n + j] = (float) columns[j * n + i];
      }
    }
  }

  /** Cholesky's method from the last column to the first; overwrites {@code rest}. */
  private static double[] factorise(double[] rest, int n, WorkerPool pool) {
    double[] columns = new double[n * n];
    for (int j = n - 1; j >= 0; j--) {
      double pivot = rest[j * n + j];
      if (!(pivot > 0) || pivot == Double.POSITIVE_INFINITY) {
        throw new TmacException(
            "the activations of the calibration text cannot be used: pivot "
                + pivot
                + " in column "
                + j
                + " of "
                + n
                + "; the model computes NaN or infinity");
      }
      int column = j * n;
      double root = Math.sqrt(pivot);
      for (int i = 0; i <= j; i++) {
        columns[column + i] = rest[j * n + i] / root;
      }
      pool.run(
          j,
          (from, to, worker) -> {
            for (int i = from; i < to; i++) {
              double factor = columns[column + i];
              int row = i * n;
              for (int k = 0; k <= i; k++) {
                rest[row + k] -= factor * columns[column + k];
              }
            }
          });
    }
    return columns;
  }

  int size() {
    return n;
  }

  /** Returns the column of the matrix that is rounded in turn {@code i}. */
  int column(int i) {
    return order[i];
  }

  float diagonal(int i) {
    return r[i * n + i];
  }

  /** Returns H in the matrix's own order, row after row. */
  float[] h() {
    return h;
  }

  /** Returns the diagonal of H in the matrix's own order. */
  float[] diagonalOfH() {
    float[] diagonal = new float[n];
    for (int c = 0; c < n; c++) {
      diagonal[c] = h[c * n + c];
    }
    return diagonal;
  }

  /**
   * Finds {@code z = w R} of the weights that solve {@code w H = b}.
   *
   * @param b {@code [n]}, in the matrix's own order
   * @param z receives {@code [n]}, in the order of rounding
   */
  void project(double[] b, double[] z) {
    for (int i = 0; i < n; i++) {
      z[i] = b[order[i]];
    }
    for (int i = n - 1; i >= 0; i--) {
      int column = i * n;
      double value = z[i] / columns[column + i];
      z[i] = value;
      for (int k = 0; k < i; k++) {
        z[k] -= value * columns[column + k];
      }
    }
  }

  /** Takes what weight {@code i} contributes out of the columns behind it. */
  void subtract(int i, float weight, float[] z) {
    int row = i * n;
    for (int k = i + 1; k < n; k++) {
      z[k] -= weight * r[row + k];
    }
  }
}
