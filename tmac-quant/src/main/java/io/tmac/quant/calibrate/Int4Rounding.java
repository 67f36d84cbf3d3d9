package io.tmac.quant.calibrate;

import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.Int4Fit;
import io.tmac.quant.encode.SearchInt4Fit;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.TensorStack;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Codes from -8 to 7 in blocks of 32: Int4. Scales are chosen first, for the least error of the
 * original weights, weighted by the mean squares of their inputs; the codes are then solved for.
 *
 * <p>Blocks run over all layers of a kind. A matrix that begins inside a block takes the scale that
 * the matrix before it gave the block, so the layers of a kind must come in ascending order.
 */
final class Int4Rounding implements Rounding {
  private static final int BLOCK = Int4Fit.BLOCK;
  private static final int MIN = -8;
  private static final int MAX = 7;

  private final SourceModel model;
  private final Map<String, Float> lastScales = new HashMap<>();

  Int4Rounding(SourceModel model) {
    this.model = model;
  }

  @Override
  public RoundedMatrix round(Matrix matrix, Factor factor, Target target, WorkerPool pool) {
    TensorStack stack = model.stackOf(matrix.name());
    int layer = stack.indexOf(matrix.name());
    long first = layer * stack.layerElements();
    RoundedMatrix rounded = RoundedMatrix.perBlock(matrix.rows(), matrix.cols(), BLOCK, first);
    chooseScales(rounded, stack, first, factor, pool);
    if (rounded.skew() > 0) {
      rounded.scales()[0] = lastScales.get(stack.name());
    }
    lastScales.put(stack.name(), rounded.scales()[rounded.scales().length - 1]);

    int cols = matrix.cols();
    pool.run(
        matrix.rows(),
        (from, to, worker) -> {
          RowSolver solver = new RowSolver(factor);
          float[] work = new float[cols];
          float[] scales = new float[cols];
          byte[] codes = new byte[cols];
          for (int row = from; row < to; row++) {
            target.row(row, solver.target(), work);
            rounded.rowScales(row, scales);
            solver.grid(scales, MIN, MAX, codes);
            System.arraycopy(codes, 0, rounded.codes(), row * cols, cols);
          }
        });
    return rounded;
  }

  /** Sets the scale of each block that begins in the matrix. */
  private static void chooseScales(
      RoundedMatrix rounded, TensorStack stack, long first, Factor factor, WorkerPool pool) {
    float[] importance = factor.diagonalOfH();
    long begin = first - rounded.skew();
    pool.run(
        rounded.scales().length,
        (from, to, worker) -> {
          SearchInt4Fit fit = new SearchInt4Fit(importance);
          float[] values = new float[BLOCK];
          byte[] codes = new byte[BLOCK];
          for (int block = from; block < to; block++) {
            long element = begin + (long) block * BLOCK;
            int count = (int) Math.min(BLOCK, stack.elements() - element);
            Arrays.fill(values, 0);
            stack.read(element, count, values);
            rounded.scales()[block] = fit.fit(element, values, 0, codes);
          }
        });
  }
}
