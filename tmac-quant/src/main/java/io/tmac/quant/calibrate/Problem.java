package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;

/**
 * The least-squares problem of a matrix: to give outputs y for inputs x of many tokens, and to stay
 * near the original weights.
 */
final class Problem {
  /** With so many tokens for each column the damping is twice that of a long text. */
  private static final int TOKENS_PER_COLUMN = 8;

  private final int cols;
  private final WorkerPool pool;
  private final double damping;
  private final Moments inputs;
  private final Moments cross;
  private long tokens;
  private double ridge;

  /**
   * Begins a problem without tokens.
   *
   * @param outputs width of y
   * @param cols width of x
   * @param damping weight of the original weights, as a part of the mean square of an input
   * @param pool the threads
   */
  Problem(int outputs, int cols, double damping, WorkerPool pool) {
    this.cols = cols;
    this.pool = pool;
    this.damping = damping;
    this.inputs = new Moments(cols, cols, pool);
    this.cross = new Moments(outputs, cols, pool);
  }

  /**
   * Adds tokens.
   *
   * @param y wanted outputs {@code [tokens x outputs]}
   * @param x inputs {@code [tokens x cols]}
   * @param tokens number of tokens
   */
  void add(float[] y, float[] x, int tokens) {
    this.tokens += tokens;
    inputs.add(x, x, tokens);
    cross.add(y, x, tokens);
  }

  /** Returns the factor of {@code sum x x^T}. Called once, when all tokens are there. */
  Factor factor() {
    double mean = inputs.meanDiagonal();
    // Without inputs only the weights themselves count; with few, mostly.
    double doubt = tokens == 0 ? 1 : 1 + (double) TOKENS_PER_COLUMN * cols / tokens;
    ridge = mean > 0 ? damping * doubt * mean : 1;
    inputs.addToDiagonal(ridge);
    return new Factor(inputs.sums(), cols, pool);
  }

  /** The problem of a matrix that is looked up, not multiplied: its own weights. */
  Rounding.Target weights(Matrix matrix) {
    return (row, b, weights) -> {
      matrix.decodeRow(row, weights);
      for (int c = 0; c < cols; c++) {
        b[c] = ridge * weights[c];
      }
    };
  }

  /** The problem of a matrix whose wanted outputs are {@code y} itself. */
  Rounding.Target outputs(Matrix matrix) {
    double[] sums = cross.sums();
    return (row, b, weights) -> {
      matrix.decodeRow(row, weights);
      for (int c = 0; c < cols; c++) {
        b[c] = sums[row * cols + c] + ridge * weights[c];
      }
    };
  }

  /** The problem of a matrix whose wanted outputs are its original products with {@code y}. */
  Rounding.Target products(Matrix matrix) {
    double[] sums = cross.sums();
    return (row, b, weights) -> {
      matrix.decodeRow(row, weights);
      for (int c = 0; c < cols; c++) {
        b[c] = ridge * weights[c];
      }
      for (int k = 0; k < cols; k++) {
        double weight = weights[k];
        for (int c = 0; c < cols; c++) {
          b[c] += weight * sums[k * cols + c];
        }
      }
    };
  }
}
