package io.tmac.kernel.scalar;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.FileLinear;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;

/**
 * Integer codes times int8 inputs. Sums within a block are exact integers; blocks are added in
 * float, in ascending order: {@code y += (float) sum * (weightScale * inputScale)}. The vector
 * kernels do the same operations in the same order, so both give the same bits.
 */
final class ScalarCodesLinear extends FileLinear {
  private final BlockCodes codes;

  ScalarCodesLinear(Matrix matrix, BlockCodes codes, InputForm form) {
    super(matrix, form);
    this.codes = codes;
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    QuantizedInput q = in.quantized(form());
    int weightBlock = codes.blockSize(cols());
    int block = Math.min(weightBlock, q.blockSize());
    byte[] w = scratch.codes;
    for (int r = from; r < to; r++) {
      codes.decodeCodes(matrix, r, w, scratch.scales);
      for (int t = 0; t < tokens; t++) {
        float y = 0;
        for (int begin = 0; begin < cols(); begin += block) {
          int end = Math.min(begin + block, cols());
          int sum = 0;
          for (int c = begin; c < end; c++) {
            sum += w[c] * QuantizedInput.code(q.codes[t * q.paddedCols() + c]);
          }
          float inputScale = q.scales[t * q.blocks() + begin / q.blockSize()];
          y += sum * (scratch.scales[begin / weightBlock] * inputScale);
        }
        out[t * rows() + r] = y;
      }
    }
  }
}
