package io.tmac.quant.calibrate;

import io.tmac.Activations;
import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.LayerRunner;
import io.tmac.model.Weights;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Int4Fit;
import io.tmac.quant.encode.LeastSquaresTernaryFit;
import io.tmac.quant.encode.SearchInt4Fit;
import io.tmac.quant.encode.TernaryFit;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/**
 * How much each column of each matrix matters: the mean square of its inputs when the model runs
 * over a text. Fits of blocks weight their errors by it.
 */
final class Importance implements Fits {
  /** A column that never had an input counts a little all the same. */
  private static final double LEAST = 1e-6;

  private final Map<String, float[]> columns = new HashMap<>();

  private Importance() {}

  /** Runs a model over the windows of a text. */
  static Importance measure(Checkpoint checkpoint, int[][] windows, WorkerPool pool) {
    ModelConfig config = checkpoint.config();
    KernelProvider kernels = Kernels.provider();
    Importance result = new Importance();
    try (Arena arena = Arena.ofShared()) {
      Weights weights = Weights.of(checkpoint, checkpoint, kernels, Activations.F32, arena, pool);
      Streams streams = new Streams(config, windows);
      streams.embed(checkpoint.tensor(Checkpoint.EMBEDDING)::decodeRow);
      for (int l = 0; l < config.layers(); l++) {
        Weights.Layer layer = weights.layers().get(l);
        LayerRunner runner = new LayerRunner(config, layer, kernels, pool);
        String name = "layers." + l + ".";
        Squares inputs = new Squares(config.dim());
        streams.norm(layer.attentionNorm(), inputs);
        result.put(inputs, name + "wq", name + "wk", name + "wv");
        Squares attended = new Squares(config.queryDim());
        streams.attention(runner, attended);
        result.put(attended, name + "wo");
        inputs = new Squares(config.dim());
        streams.norm(layer.ffnNorm(), inputs);
        result.put(inputs, name + "w1", name + "w3");
        Squares gated = new Squares(config.hiddenDim());
        streams.feedForward(runner, gated);
        result.put(gated, name + "w2");
      }
      Squares last = new Squares(config.dim());
      streams.norm(weights.finalNorm(), last);
      result.put(last, checkpoint.classifierName());
    }
    return result;
  }

  private void put(Squares squares, String... tensors) {
    float[] relative = squares.relative();
    for (String tensor : tensors) {
      columns.put(tensor, relative);
    }
  }

  @Override
  public TernaryFit ternary(String tensor) {
    return new LeastSquaresTernaryFit();
  }

  @Override
  public Int4Fit int4(String tensor) {
    float[] weights = columns.get(tensor);
    // An embedding that is no classifier is looked up: all its columns are alike.
    return weights != null ? new SearchInt4Fit(weights) : new SearchInt4Fit();
  }

  /** Sums of squares, column by column. */
  private static final class Squares implements Streams.Probe {
    private final double[] sums;

    Squares(int cols) {
      sums = new double[cols];
    }

    @Override
    public void see(int window, int first, int tokens, float[] values) {
      for (int t = 0; t < tokens; t++) {
        for (int c = 0; c < sums.length; c++) {
          double value = values[t * sums.length + c];
          sums[c] += value * value;
        }
      }
    }

    /** The sums, brought to a largest of 1. */
    float[] relative() {
      double max = 0;
      for (double sum : sums) {
        max = Math.max(max, sum);
      }
      float[] relative = new float[sums.length];
      for (int c = 0; c < sums.length; c++) {
        relative[c] = max > 0 ? (float) Math.max(sums[c] / max, LEAST) : 1;
      }
      return relative;
    }
  }
}
