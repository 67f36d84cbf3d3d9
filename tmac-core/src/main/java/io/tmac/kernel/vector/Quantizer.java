package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT;

import io.tmac.kernel.Input;
import io.tmac.kernel.QuantizedInput;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Rounds inputs to int8 or 7 bits, with the same results as the scalar provider. */
final class Quantizer {
  private Quantizer() {}

  /** Rounds one token; plain loops give the same bits as vectors. */
  static void quantize(Input in, QuantizedInput q, int token, boolean vectors) {
    float[] x = in.x;
    int[] codes = q.codes;
    int lanes = FLOAT.length();
    FloatVector rounding = FloatVector.broadcast(FLOAT, Exp.ROUND);
    for (int b = 0; b < q.blocks(); b++) {
      int columns = Math.min(q.blockSize(), q.cols() - b * q.blockSize());
      int from = token * q.cols() + b * q.blockSize();
      int to = from + columns;
      FloatVector largest = FloatVector.zero(FLOAT);
      int i = from;
      int end = vectors ? to - lanes : from - 1;
      for (; i <= end; i += lanes) {
        largest = FloatVector.fromArray(FLOAT, x, i).abs().max(largest);
      }
      float max = 0;
      if (vectors) {
        max = FloatVector.zero(FLOAT).max(largest).reduceLanes(VectorOperators.MAX);
      }
      for (; i < to; i++) {
        max = Math.max(max, Math.abs(x[i]));
      }

      float inverse = q.inverse(max);
      FloatVector factor = FloatVector.broadcast(FLOAT, inverse);
      int first = token * q.paddedCols() + b * q.blockSize();
      int c = 0;
      for (; c <= end - from; c += lanes) {
        // Adding a large number rounds half to even and leaves the integer in the lowest bits.
        FloatVector rounded = FloatVector.fromArray(FLOAT, x, from + c).mul(factor).add(rounding);
        IntVector code = rounded.reinterpretAsInts();
        code.and(0xffff).or(code.lanewise(VectorOperators.LSHL, 16)).intoArray(codes, first + c);
      }
      for (; c < columns; c++) {
        float rounded = x[from + c] * inverse + Exp.ROUND;
        codes[first + c] = QuantizedInput.twice(Float.floatToRawIntBits(rounded));
      }

      int sum = 0;
      for (int k = first; k < first + columns; k++) {
        sum += QuantizedInput.code(codes[k]);
      }
      q.scales[token * q.blocks() + b] = q.scale(max);
      q.sums[token * q.blocks() + b] = sum;
    }
  }
}
