package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.LeastSquaresTernaryFit;
import java.util.Arrays;

/**
 * Codes -1, 0 and +1 with a scale for each block of columns of a row: TQ2_0.
 *
 * @param block columns of a block; those of a matrix are a multiple of it
 */
record TernaryBlockRounding(int block) implements Rounding {

  @Override
  public RoundedMatrix round(Matrix matrix, Factor factor, Target target, WorkerPool pool) {
    int cols = matrix.cols();
    int blocks = cols / block;
    RoundedMatrix rounded = RoundedMatrix.perBlock(matrix.rows(), cols, block, 0);
    pool.run(
        matrix.rows(),
        (from, to, worker) -> {
          RowSolver solver = new RowSolver(factor);
          float[] work = new float[cols];
          float[] scales = new float[blocks];
          byte[] codes = new byte[cols];
          for (int row = from; row < to; row++) {
            target.row(row, solver.target(), work);
            solver.ternary(block, scales, codes);
            for (float scale : scales) {
              if (TernaryRounding.isAstray(scale, work)) {
                fit(work, scales, codes);
                break;
              }
            }
            System.arraycopy(scales, 0, rounded.scales(), row * blocks, blocks);
            System.arraycopy(codes, 0, rounded.codes(), row * cols, cols);
          }
        });
    return rounded;
  }

  private void fit(float[] weights, float[] scales, byte[] codes) {
    byte[] ofBlock = new byte[block];
    for (int b = 0; b < scales.length; b++) {
      float[] values = Arrays.copyOfRange(weights, b * block, (b + 1) * block);
      scales[b] = new LeastSquaresTernaryFit().fit(b, values, ofBlock);
      System.arraycopy(ofBlock, 0, codes, b * block, block);
    }
  }
}
