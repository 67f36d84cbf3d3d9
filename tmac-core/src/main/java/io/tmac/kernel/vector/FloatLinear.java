package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT;
import static io.tmac.kernel.vector.Species.FLOAT_LE;
import static io.tmac.kernel.vector.Species.ORDER;

import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.kernel.FileLinear;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.Scratch;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Float weights times float inputs: F32 matrices straight from the file, and rows of any other
 * format decoded first (unquantised activations, shapes whose rows begin inside a block, plug-ins).
 *
 * <p>Lanes are columns. Each product has one accumulator; its lanes are added one after the other,
 * so that the order of all additions is fixed ({@code reduceLanes} leaves it open) and the same for
 * one token and for several.
 */
final class FloatLinear extends FileLinear {
  private static final int ROWS = Scratch.FLOAT_ROWS;

  /** Tokens that are multiplied at a time: with four rows, eight accumulators. */
  private static final int TOKENS = 2;

  private final boolean inPlace;

  FloatLinear(Matrix matrix) {
    super(matrix, InputForm.FLOAT);
    this.inPlace = matrix.format() instanceof F32 && matrix.data().isNative();
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    if (tokens > 1) {
      multiplyPanels(in, tokens, out, from, to, scratch);
      return;
    }
    int cols = cols();
    long stride = 4L * cols;
    // Four rows far apart are four streams from memory, each of which the processor prefetches;
    // four neighbours share pages and get half the bandwidth.
    int apart = Math.ceilDiv(to - from, ROWS);
    for (int r = from; r < from + apart; r++) {
      // The last row stands in for those behind it.
      int r1 = Math.min(r + apart, to - 1);
      int r2 = Math.min(r + 2 * apart, to - 1);
      int r3 = Math.min(r + 3 * apart, to - 1);
      MemorySegment w = matrix.data();
      long w0 = matrix.tensorRow(r) * stride;
      long w1 = matrix.tensorRow(r1) * stride;
      long w2 = matrix.tensorRow(r2) * stride;
      long w3 = matrix.tensorRow(r3) * stride;
      if (!inPlace) {
        decode(r, scratch, 0);
        decode(r1, scratch, 1);
        decode(r2, scratch, 2);
        decode(r3, scratch, 3);
        w = scratch.rows;
        w0 = 0;
        w1 = stride;
        w2 = 2 * stride;
        w3 = 3 * stride;
      }
      float[] y = scratch.floats;
      multiplyRows(w, w0, w1, w2, w3, in.x, cols, y);
      out[r] = y[0];
      out[r1] = y[1];
      out[r2] = y[2];
      out[r3] = y[3];
    }
  }

  private void decode(int row, Scratch scratch, int slot) {
    matrix.decodeRow(row, scratch.row);
    MemorySegment.copy(scratch.row, 0, scratch.rows, FLOAT_LE, 4L * slot * cols(), cols());
  }

  /** Takes four rows at a time into the heap, where they serve all tokens. */
  private void multiplyPanels(
      Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    int cols = cols();
    float[] panel = scratch.rowPanel();
    float[] y = scratch.floats;
    for (int r = from; r < to; r += ROWS) {
      int rows = Math.min(ROWS, to - r);
      for (int i = 0; i < rows; i++) {
        matrix.decodeRow(r + i, scratch.row);
        System.arraycopy(scratch.row, 0, panel, i * cols, cols);
      }
      for (int t = 0; t < tokens; t += TOKENS) {
        // The last token stands in for those behind it.
        int t1 = Math.min(t + 1, tokens - 1);
        multiplyTokens(panel, in.x, t * cols, t1 * cols, cols, y);
        for (int i = 0; i < rows; i++) {
          out[t * rows() + r + i] = y[TOKENS * i];
          out[t1 * rows() + r + i] = y[TOKENS * i + t1 - t];
        }
      }
    }
  }

  /** Four dot products: {@code out[i] = w[i] * x}. */
  private static void multiplyRows(
      MemorySegment w, long w0, long w1, long w2, long w3, float[] x, int cols, float[] out) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector a = zero;
    FloatVector b = zero;
    FloatVector c = zero;
    FloatVector d = zero;
    int lanes = FLOAT.length();
    int k = 0;
    for (; k <= cols - lanes; k += lanes) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, k);
      a = FloatVector.fromMemorySegment(FLOAT, w, w0 + 4L * k, ORDER).fma(v, a);
      b = FloatVector.fromMemorySegment(FLOAT, w, w1 + 4L * k, ORDER).fma(v, b);
      c = FloatVector.fromMemorySegment(FLOAT, w, w2 + 4L * k, ORDER).fma(v, c);
      d = FloatVector.fromMemorySegment(FLOAT, w, w3 + 4L * k, ORDER).fma(v, d);
    }
    zero.add(a).intoArray(out, 0);
    zero.add(b).intoArray(out, lanes);
    zero.add(c).intoArray(out, 2 * lanes);
    zero.add(d).intoArray(out, 3 * lanes);
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int i = 0; i < lanes; i++) {
      s0 += out[i];
      s1 += out[lanes + i];
      s2 += out[2 * lanes + i];
      s3 += out[3 * lanes + i];
    }
    for (; k < cols; k++) {
      float v = x[k];
      s0 = Math.fma(w.get(FLOAT_LE, w0 + 4L * k), v, s0);
      s1 = Math.fma(w.get(FLOAT_LE, w1 + 4L * k), v, s1);
      s2 = Math.fma(w.get(FLOAT_LE, w2 + 4L * k), v, s2);
      s3 = Math.fma(w.get(FLOAT_LE, w3 + 4L * k), v, s3);
    }
    out[0] = s0;
    out[1] = s1;
    out[2] = s2;
    out[3] = s3;
  }

  /** Eight dot products in the same order of additions: {@code out[i][t] = w[i] * x[t]}. */
  private static void multiplyTokens(float[] w, float[] x, int x0, int x1, int cols, float[] out) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector a0 = zero;
    FloatVector a1 = zero;
    FloatVector b0 = zero;
    FloatVector b1 = zero;
    FloatVector c0 = zero;
    FloatVector c1 = zero;
    FloatVector d0 = zero;
    FloatVector d1 = zero;
    int lanes = FLOAT.length();
    int k = 0;
    for (; k <= cols - lanes; k += lanes) {
      FloatVector v0 = FloatVector.fromArray(FLOAT, x, x0 + k);
      FloatVector v1 = FloatVector.fromArray(FLOAT, x, x1 + k);
      FloatVector row = FloatVector.fromArray(FLOAT, w, k);
      a0 = row.fma(v0, a0);
      a1 = row.fma(v1, a1);
      row = FloatVector.fromArray(FLOAT, w, cols + k);
      b0 = row.fma(v0, b0);
      b1 = row.fma(v1, b1);
      row = FloatVector.fromArray(FLOAT, w, 2 * cols + k);
      c0 = row.fma(v0, c0);
      c1 = row.fma(v1, c1);
      row = FloatVector.fromArray(FLOAT, w, 3 * cols + k);
      d0 = row.fma(v0, d0);
      d1 = row.fma(v1, d1);
    }
    zero.add(a0).intoArray(out, 0);
    zero.add(a1).intoArray(out, lanes);
    zero.add(b0).intoArray(out, 2 * lanes);
    zero.add(b1).intoArray(out, 3 * lanes);
    zero.add(c0).intoArray(out, 4 * lanes);
    zero.add(c1).intoArray(out, 5 * lanes);
    zero.add(d0).intoArray(out, 6 * lanes);
    zero.add(d1).intoArray(out, 7 * lanes);
    for (int i = 0; i < ROWS * TOKENS; i++) {
      float sum = 0;
      for (int lane = 0; lane < lanes; lane++) {
        sum += out[i * lanes + lane];
      }
      int row = i / TOKENS * cols;
      int token = i % TOKENS == 0 ? x0 : x1;
      for (int c = k; c < cols; c++) {
        sum = Math.fma(w[row + c], x[token + c], sum);
      }
      out[i] = sum;
    }
  }
}
