package io.tmac.quant.calibrate;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Plan;
import io.tmac.quant.encode.Progress;
import io.tmac.quant.encode.SourceModel;
import java.util.Arrays;
import java.util.List;

/**
 * A model and a text that shows what its matrices are used for. The text's windows are run through
 * the engine with unquantised activations.
 *
 * @param model the model
 * @param windows the tokens of each window, BOS included where the model adds one
 * @param threads compute threads, the caller included
 */
public record Calibration(SourceModel model, int[][] windows, int threads) {

  /**
   * The codes and scales of a whole model.
   *
   * @param fits hands them out
   * @param layerErrors of each layer: the squared error of the residual stream behind it, relative
   *     to its square, on the calibration text
   */
  public record Result(Fits fits, List<Double> layerErrors) {

    /** Makes the list immutable. */
    public Result {
      layerErrors = List.copyOf(layerErrors);
    }
  }

  /**
   * Rounds with error feedback to the grids of ternary and four-bit formats. Matrices of other
   * formats count as unchanged.
   *
   * @param plan the formats of the matrices
   * @param passes how often the model is rounded, at least 1
   * @param progress told of each matrix of each pass
   * @return what was found
   * @throws io.tmac.TmacException if the model computes NaN or infinity on this text
   */
  public Result round(Plan plan, int passes, Progress progress) {
    Roundings roundings = new Roundings(model, plan);
    try (WorkerPool pool = new WorkerPool(threads)) {
      Calibrator.Result result =
          Calibrator.calibrate(
              model.checkpoint(),
              windows,
              roundings,
              usefulPasses(model, plan, passes),
              pool,
              progress);
      List<Double> errors = Arrays.stream(result.errors()).boxed().toList();
      return new Result(new RoundedFits(result.matrices()), errors);
    }
  }

  /**
   * Weights the errors of blocks by the mean squares of the inputs of their columns.
   *
   * @return fits that do so
   */
  public Fits weighted() {
    try (WorkerPool pool = new WorkerPool(threads)) {
      return Importance.measure(model.checkpoint(), windows, pool);
    }
  }

  /**
   * How often the matrices of a model are rounded.
   *
   * @param model the model
   * @param plan the formats of the matrices
   * @param passes the number that was asked for
   * @return 1 if another pass would change nothing: if the model has a classifier of its own, or
   *     the embedding is not rounded
   */
  public static int usefulPasses(SourceModel model, Plan plan, int passes) {
    boolean more =
        Calibrator.sharesClassifier(model.checkpoint())
            && new Roundings(model, plan).of(Checkpoint.EMBEDDING).isPresent();
    return more ? passes : 1;
  }
}
