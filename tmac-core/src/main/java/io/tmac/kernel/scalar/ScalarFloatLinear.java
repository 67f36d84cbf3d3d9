package io.tmac.kernel.scalar;

import io.tmac.format.Matrix;
import io.tmac.kernel.FileLinear;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.Scratch;

/** Any format: decodes a row and multiplies it by float inputs, summed in double. */
final class ScalarFloatLinear extends FileLinear {

  ScalarFloatLinear(Matrix matrix) {
    super(matrix, InputForm.FLOAT);
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    float[] row = scratch.row;
    for (int r = from; r < to; r++) {
      matrix.decodeRow(r, row);
      for (int t = 0; t < tokens; t++) {
        double sum = 0;
        for (int c = 0; c < cols(); c++) {
          sum += (double) row[c] * in.x[t * cols() + c];
        }
        out[t * rows() + r] = (float) sum;
      }
    }
  }
}
