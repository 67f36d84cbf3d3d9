package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT;

import io.tmac.kernel.Input;
import io.tmac.kernel.QuantizedInput;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Rounds inputs to int8, with the same results as the scalar provider. */
final class Quantizer {
  private Quantizer() {}

  static void quantize(Input in, QuantizedInput q, int token) {
    int x = token * q.cols();
    int codes = token * q.paddedCols();
    int blocks = token * q.blocks();
    for (int b = 0; b < q.blocks(); b++) {
      int from = b * q.blockSize();
      int to = Math.min(from + q.blockSize(), q.cols());
      float max = maxMagnitude(in.x, x + from, x + to);
      round(in.x, x + from, x + to, QuantizedInput.inverse(max), q.codes, codes + from);
      int sum = 0;
      for (int c = codes + from; c < codes + to; c++) {
        sum += QuantizedInput.code(q.codes[c]);
      }
      q.scales[blocks + b] = max / QuantizedInput.MAX_CODE;
      q.sums[blocks + b] = sum;
    }
  }

  private static float maxMagnitude(float[] x, int from, int to) {
    FloatVector lanes = FloatVector.zero(FLOAT);
    int i = from;
    for (; i <= to - FLOAT.length(); i += FLOAT.length()) {
      lanes = FloatVector.fromArray(FLOAT, x, i).abs().max(lanes);
    }
    float max = FloatVector.zero(FLOAT).max(lanes).reduceLanes(VectorOperators.MAX);
    for (; i < to; i++) {
      max = Math.max(max, Math.abs(x[i]));
    }
    return max;
  }

  private static void round(float[] x, int from, int to, float factor, int[] codes, int codesFrom) {
    FloatVector scale = FloatVector.broadcast(FLOAT, factor);
    FloatVector rounding = FloatVector.broadcast(FLOAT, Exp.ROUND);
    int i = from;
    for (; i <= to - FLOAT.length(); i += FLOAT.length()) {
      // Adding a large number rounds half to even and leaves the integer in the lowest bits.
      FloatVector rounded = FloatVector.fromArray(FLOAT, x, i).mul(scale).add(rounding);
      IntVector code = rounded.reinterpretAsInts();
      code.and(0xffff)
          .or(code.lanewise(VectorOperators.LSHL, 16))
          .intoArray(codes, codesFrom + i - from);
    }
    for (; i < to; i++) {
      int code = Float.floatToRawIntBits(x[i] * factor + Exp.ROUND);
      codes[codesFrom + i - from] = QuantizedInput.twice(code);
    }
  }
}
