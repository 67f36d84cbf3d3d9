package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.LeastSquaresTernaryFit;

/** Codes -1, 0 and +1 with one scale per row: TernaryV2. */
record TernaryRounding() implements Rounding {
  private static final float FAR = 100;

  /**
   * Whether a scale has nothing to do with its weights any more: where inputs are next to nothing,
   * no weight can make up for the errors of others, however large.
   *
   * @param scale of codes that were found for outputs
   * @param weights the original ones
   */
  static boolean isAstray(float scale, float[] weights) {
    float largest = 0;
    for (float weight : weights) {
      largest = Math.max(largest, Math.abs(weight));
    }
    return scale > FAR * largest;
  }

  @Override
  public RoundedMatrix round(Matrix matrix, Factor factor, Target target, WorkerPool pool) {
    int cols = matrix.cols();
    RoundedMatrix rounded = RoundedMatrix.perRow(matrix.rows(), cols);
    pool.run(
        matrix.rows(),
        (from, to, worker) -> {
          RowSolver solver = new RowSolver(factor);
          float[] work = new float[cols];
          byte[] codes = new byte[cols];
          for (int row = from; row < to; row++) {
            target.row(row, solver.target(), work);
            float scale = solver.ternary(codes);
            if (isAstray(scale, work)) {
              scale = new LeastSquaresTernaryFit().fit(row, work, codes);
            }
            rounded.scales()[row] = scale;
            System.arraycopy(codes, 0, rounded.codes(), row * cols, cols);
          }
        });
    return rounded;
  }
}
