package io.tmac.kernel.scalar;

import io.tmac.Activations;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Linear;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;

/** All arithmetic as plain loops over the file's own bytes. Written to be read, not to be fast. */
public final class ScalarKernels implements KernelProvider {

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int vectorBits() {
    return 0;
  }

  @Override
  public boolean readsFile(Matrix matrix, Activations activations) {
    return true;
  }

  @Override
  public Linear linear(Matrix matrix, Activations activations, Arena arena, WorkerPool pool) {
    InputForm form = InputForm.of(matrix, activations);
    return form == InputForm.FLOAT
        ? new ScalarFloatLinear(matrix)
        : new ScalarCodesLinear(matrix, InputForm.codes(matrix), form);
  }

  @Override
  public void prepare(Input in, InputForm form, int token) {
    if (form != InputForm.FLOAT) {
      quantize(in, in.quantized(form), token);
    }
  }

  /** Rounds one token; see {@link QuantizedInput}. */
  private static void quantize(Input in, QuantizedInput q, int token) {
    int x = token * q.cols();
    int codes = token * q.paddedCols();
    for (int b = 0; b < q.blocks(); b++) {
      int from = b * q.blockSize();
      int to = Math.min(from + q.blockSize(), q.cols());
      float max = 0;
      for (int c = from; c < to; c++) {
        max = Math.max(max, Math.abs(in.x[x + c]));
      }
      float inverse = q.inverse(max);
      int sum = 0;
      for (int c = from; c < to; c++) {
        int code = (int) Math.rint(in.x[x + c] * inverse);
        q.codes[codes + c] = QuantizedInput.twice(code);
        sum += code;
      }
      q.scales[token * q.blocks() + b] = q.scale(max);
      q.sums[token * q.blocks() + b] = sum;
    }
  }

  @Override
  public void attend(
      float[] q,
      int qOffset,
      KvPages cache,
      int kvHead,
      int positions,
      Scratch scratch,
      float[] out,
      int outOffset) {
    int headDim = cache.headDim();
    float[] scores = scratch.scores(positions);
    float max = Float.NEGATIVE_INFINITY;
    for (int p = 0; p < positions; p++) {
      float[] keys = cache.keys(p / KvPages.PAGE);
      double dot = 0;
      for (int d = 0; d < headDim; d++) {
        int k = (kvHead * headDim + d) * KvPages.PAGE + p % KvPages.PAGE;
        dot += (double) q[qOffset + d] * keys[k];
      }
      scores[p] = (float) (dot / Math.sqrt(headDim));
      max = Math.max(max, scores[p]);
    }
    double sum = 0;
    for (int p = 0; p < positions; p++) {
      scores[p] = (float) Math.exp(scores[p] - max);
      sum += scores[p];
    }
    for (int d = 0; d < headDim; d++) {
      double value = 0;
      for (int p = 0; p < positions; p++) {
        float[] values = cache.values(p / KvPages.PAGE);
        int v = (kvHead * KvPages.PAGE + p % KvPages.PAGE) * headDim + d;
        value += (double) scores[p] * values[v];
      }
      out[outOffset + d] = (float) (value / sum);
    }
  }

  @Override
  public void swiglu(float[] gate, float[] up, int from, int to) {
    for (int i = from; i < to; i++) {
      double g = gate[i];
      gate[i] = (float) (g / (1 + Math.exp(-g)) * up[i]);
    }
  }
}
