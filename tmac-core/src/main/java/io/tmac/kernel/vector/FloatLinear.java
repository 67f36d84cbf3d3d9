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
 * <p>Lanes are columns. Each row has two accumulators; their lanes are added one after the other,
 * so that the order of all additions is fixed: {@code reduceLanes} leaves it open.
 */
final class FloatLinear extends FileLinear {
  private static final int ROWS = Scratch.FLOAT_ROWS;

  private final boolean inPlace;

  FloatLinear(Matrix matrix) {
    super(matrix, InputForm.FLOAT);
    this.inPlace = matrix.format() instanceof F32 && matrix.data().isNative();
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
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
      for (int t = 0; t < tokens; t++) {
        float[] y = scratch.floats;
        multiplyRows(w, w0, w1, w2, w3, in.x, t * cols, cols, y);
        out[t * rows() + r] = y[0];
        out[t * rows() + r1] = y[1];
        out[t * rows() + r2] = y[2];
        out[t * rows() + r3] = y[3];
      }
    }
  }

  private void decode(int row, Scratch scratch, int slot) {
    matrix.decodeRow(row, scratch.row);
    MemorySegment.copy(scratch.row, 0, scratch.rows, FLOAT_LE, 4L * slot * cols(), cols());
  }

  /** Four dot products. */
  private static void multiplyRows(
      MemorySegment w,
      long w0,
      long w1,
      long w2,
      long w3,
      float[] x,
      int x0,
      int cols,
      float[] out) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector a0 = zero;
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int lanes = FLOAT.length();
    int c = 0;
    for (; c <= cols - 2 * lanes; c += 2 * lanes) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, x0 + c);
      a0 = FloatVector.fromMemorySegment(FLOAT, w, w0 + 4L * c, ORDER).fma(v, a0);
      a1 = FloatVector.fromMemorySegment(FLOAT, w, w1 + 4L * c, ORDER).fma(v, a1);
      a2 = FloatVector.fromMemorySegment(FLOAT, w, w2 + 4L * c, ORDER).fma(v, a2);
      a3 = FloatVector.fromMemorySegment(FLOAT, w, w3 + 4L * c, ORDER).fma(v, a3);
      int d = c + lanes;
      v = FloatVector.fromArray(FLOAT, x, x0 + d);
      b0 = FloatVector.fromMemorySegment(FLOAT, w, w0 + 4L * d, ORDER).fma(v, b0);
      b1 = FloatVector.fromMemorySegment(FLOAT, w, w1 + 4L * d, ORDER).fma(v, b1);
      b2 = FloatVector.fromMemorySegment(FLOAT, w, w2 + 4L * d, ORDER).fma(v, b2);
      b3 = FloatVector.fromMemorySegment(FLOAT, w, w3 + 4L * d, ORDER).fma(v, b3);
    }
    zero.add(a0).add(b0).intoArray(out, 0);
    zero.add(a1).add(b1).intoArray(out, lanes);
    zero.add(a2).add(b2).intoArray(out, 2 * lanes);
    zero.add(a3).add(b3).intoArray(out, 3 * lanes);
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
    for (; c < cols; c++) {
      float v = x[x0 + c];
      s0 = Math.fma(w.get(FLOAT_LE, w0 + 4L * c), v, s0);
      s1 = Math.fma(w.get(FLOAT_LE, w1 + 4L * c), v, s1);
      s2 = Math.fma(w.get(FLOAT_LE, w2 + 4L * c), v, s2);
      s3 = Math.fma(w.get(FLOAT_LE, w3 + 4L * c), v, s3);
    }
    out[0] = s0;
    out[1] = s1;
    out[2] = s2;
    out[3] = s3;
  }
}
