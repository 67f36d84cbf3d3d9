package io.tmac.quant.calibrate;

import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.Fits;
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
   * Rounds with error feedback to codes -1, 0 and +1 with a scale per row.
   *
   * @param passes how often the model is rounded, at least 1
   * @param progress told of each matrix of each pass
   * @return what was found
   * @throws io.tmac.TmacException if the model computes NaN or infinity on this text
   */
  public Result ternary(int passes, Progress progress) {
    return round(new TernaryRounding(), passes, progress);
  }

  /**
   * Rounds with error feedback to four-bit codes in blocks of 32.
   *
   * @param passes how often the model is rounded, at least 1
   * @param progress told of each matrix of each pass
   * @return what was found
   * @throws io.tmac.TmacException if the model computes NaN or infinity on this text
   */
  public Result int4(int passes, Progress progress) {
    return round(new Int4Rounding(model), passes, progress);
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
   * @param passes the number that was asked for
   * @return 1 if the model has a classifier of its own; another pass would change nothing then
   */
  public static int usefulPasses(SourceModel model, int passes) {
    return Calibrator.sharesClassifier(model.checkpoint()) ? passes : 1;
  }

  private Result round(Rounding rounding, int passes, Progress progress) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      Calibrator.Result result =
          Calibrator.calibrate(
              model.checkpoint(), windows, rounding, usefulPasses(model, passes), pool, progress);
      List<Double> errors = Arrays.stream(result.errors()).boxed().toList();
      return new Result(new RoundedFits(result.matrices()), errors);
    }
  }
}
