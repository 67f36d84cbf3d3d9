package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;

/** Codes -1, 0 and +1 with one scale per row: TernaryV2. */
record TernaryRounding() implements Rounding {

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
            rounded.scales()[row] = solver.ternary(codes);
            System.arraycopy(codes, 0, rounded.codes(), row * cols, cols);
          }
        });
    return rounded;
  }
}
