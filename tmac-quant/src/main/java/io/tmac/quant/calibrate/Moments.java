package io.tmac.quant.calibrate;

import io.tmac.kernel.WorkerPool;
import java.util.Arrays;

/**
 * Sums of outer products over tokens: {@code sum_t y[t] x[t]^T}, {@code [rows x cols]}. With y = x
 * it is the matrix that a least-squares problem over these tokens needs. Each sum is taken in the
 * order of the tokens, so that it does not depend on the number of threads.
 */
final class Moments {
  private static final int TOKENS_AT_ONCE = 4;

  private final int rows;
  private final int cols;
  private final WorkerPool pool;
  private final double[] sums;
  private final float[][] partial;

  Moments(int rows, int cols, WorkerPool pool) {
    this.rows = rows;
    this.cols = cols;
    this.pool = pool;
    this.sums = new double[Math.multiplyExact(rows, cols)];
    this.partial = new float[pool.threads()][cols];
  }

  /** Returns the sums, row after row. */
  double[] sums() {
    return sums;
  }

  int cols() {
    return cols;
  }

  /**
   * Adds the products of some tokens.
   *
   * @param y {@code [tokens x rows]}
   * @param x {@code [tokens x cols]}
   * @param tokens number of tokens; at most a few hundred, which are added up in float32
   */
  void add(float[] y, float[] x, int tokens) {
    pool.run(
        rows,
        (from, to, worker) -> {
          float[] sum = partial[worker];
          for (int row = from; row < to; row++) {
            Arrays.fill(sum, 0);
            addRow(y, row, x, tokens, sum);
            int at = row * cols;
            for (int c = 0; c < cols; c++) {
              sums[at + c] += sum[c];
            }
          }
        });
  }

  private void addRow(float[] y, int row, float[] x, int tokens, float[] sum) {
    int t = 0;
    for (; t + TOKENS_AT_ONCE <= tokens; t += TOKENS_AT_ONCE) {
      float y0 = y[t * rows + row];
      float y1 = y[(t + 1) * rows + row];
      float y2 = y[(t + 2) * rows + row];
      float y3 = y[(t + 3) * rows + row];
      int x0 = t * cols;
      int x1 = x0 + cols;
      int x2 = x1 + cols;
      int x3 = x2 + cols;
      for (int c = 0; c < cols; c++) {
        sum[c] += y0 * x[x0 + c] + y1 * x[x1 + c] + (y2 * x[x2 + c] + y3 * x[x3 + c]);
      }
    }
    for (; t < tokens; t++) {
      float y0 = y[t * rows + row];
      int x0 = t * cols;
      for (int c = 0; c < cols; c++) {
        sum[c] += y0 * x[x0 + c];
      }
    }
  }

  /** Returns the mean of the diagonal: of a square matrix, the mean square of an input. */
  double meanDiagonal() {
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      sum += sums[i * cols + i];
    }
    return sum / rows;
  }

  /** Adds a number to the diagonal. */
  void addToDiagonal(double value) {
    for (int i = 0; i < rows; i++) {
      sums[i * cols + i] += value;
    }
  }
}
