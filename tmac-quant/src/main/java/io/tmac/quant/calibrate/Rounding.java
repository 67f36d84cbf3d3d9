package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;

/** How the rows of matrices become codes and scales. */
interface Rounding {

  /** What the outputs of a row shall be. */
  interface Target {
    /**
     * Computes {@code b = sum y x^T} of one row, over tokens with inputs x and wanted outputs y.
     *
     * @param row the row
     * @param b receives {@code [cols]}
     * @param work {@code [cols]}, for the caller's use
     */
    void row(int row, double[] b, float[] work);
  }

  /**
   * Rounds a matrix.
   *
   * @param matrix the matrix; its weights are needed where scales are chosen beforehand
   * @param factor the factor of {@code sum x x^T}
   * @param target the wanted outputs
   * @param pool the threads
   * @return the codes and scales
   */
  RoundedMatrix round(Matrix matrix, Factor factor, Target target, WorkerPool pool);
}
