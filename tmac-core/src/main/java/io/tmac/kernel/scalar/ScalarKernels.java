package io.tmac.kernel.scalar;

import io.tmac.Activations;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPage;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Linear;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.util.Arrays;

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
      KvPages cache,
      int kvHead,
      int group,
      int position,
      int from,
      int to,
      Scratch scratch,
      float[] out) {
    for (int query = from; query < to; query++) {
      int token = query / group;
      int head = (token * cache.kvHeads() + kvHead) * group + query % group;
      attend(q, head * cache.headDim(), cache, kvHead, position + token, scratch, out);
    }
  }

  /**
   * Softmax in one pass: when a score exceeds all before it, the sums so far are scaled down
   * (Milakov and Gimelshein 2018).
   */
  private static void attend(
      float[] q, int at, KvPages cache, int kvHead, int last, Scratch scratch, float[] out) {
    int headDim = cache.headDim();
    float[] buffer = scratch.attention(headDim).page;
    float[] scores = scratch.attention(headDim).weights;
    double[] sums = scratch.attention(headDim).exact;
    Arrays.fill(sums, 0);
    double max = -Float.MAX_VALUE;
    double sum = 0;
    int visible = cache.firstVisible(last);
    for (int start = visible & -KvPages.PAGE; start <= last; start += KvPages.PAGE) {
      KvPage page = cache.page(start / KvPages.PAGE, kvHead);
      int begin = Math.max(0, visible - start);
      int count = Math.min(KvPages.PAGE, last + 1 - start);
      float[] keys = page.keys(buffer, count);
      for (int p = begin; p < count; p++) {
        double dot = 0;
        for (int d = 0; d < headDim; d++) {
          dot += (double) q[at + d] * keys[KvPage.keyIndex(headDim, p, d)];
        }
        scores[p] = (float) (dot / Math.sqrt(headDim));
      }
      float[] values = page.values(buffer, count);
      for (int p = begin; p < count; p++) {
        double shrink = 1;
        if (scores[p] > max) {
          shrink = Math.exp(max - scores[p]);
          max = scores[p];
        }
        double weight = Math.exp(scores[p] - max);
        sum = sum * shrink + weight;
        for (int d = 0; d < headDim; d++) {
          sums[d] = sums[d] * shrink + weight * values[KvPage.valueIndex(p, d)];
        }
      }
    }
    for (int d = 0; d < headDim; d++) {
      out[at + d] = (float) (sums[d] / sum);
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
