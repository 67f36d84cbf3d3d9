package io.tmac.kernel.scalar;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.FileLinear;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;

/**
 * Integer codes times rounded inputs. Sums are exact integers as long as both scales stay; these
 * blocks are added in float, in ascending order: {@code y += (float) sum * (weightScale *
 * inputScale)}. What minimums add is a sum of its own over the same blocks, {@code z += minimum *
 * (inputScale * sum of the input's codes)}, and the result is {@code y + z}. The vector kernels do
 * the same operations in the same order, so both give the same bits.
 */
final class ScalarCodesLinear extends FileLinear {
  private final BlockCodes codes;

  ScalarCodesLinear(Matrix matrix, BlockCodes codes, InputForm form) {
    super(matrix, form);
    this.codes = codes;
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    QuantizedInput q = in.quantized(form(tokens));
    int weightBlock = codes.blockSize(cols());
    byte[] w = scratch.codes;
    for (int r = from; r < to; r++) {
      codes.decodeCodes(matrix, r, w, scratch.scales);
      if (codes.hasMinimums()) {
        codes.decodeMinimums(matrix, r, scratch.minimums);
      }
      for (int t = 0; t < tokens; t++) {
        float y = 0;
        for (int begin = 0, end; begin < cols(); begin = end) {
          int weightEnd = (begin / weightBlock + 1) * weightBlock;
          int inputEnd = (begin / q.blockSize() + 1) * q.blockSize();
          end = Math.min(Math.min(weightEnd, inputEnd), cols());
          int sum = 0;
          for (int c = begin; c < end; c++) {
            sum += w[c] * QuantizedInput.code(q.codes[t * q.paddedCols() + c]);
          }
          float inputScale = q.scales[t * q.blocks() + begin / q.blockSize()];
          y += sum * (scratch.scales[begin / weightBlock] * inputScale);
        }
        out[t * rows() + r] = codes.hasMinimums() ? y + minimums(q, t, scratch.minimums) : y;
      }
    }
  }

  /** The sum of what minimums add. Blocks of weights consist of whole blocks of the input. */
  private float minimums(QuantizedInput q, int token, float[] minimums) {
    int weightBlock = codes.blockSize(cols());
    float z = 0;
    for (int b = 0; b < cols() / q.blockSize(); b++) {
      int block = token * q.blocks() + b;
      z += minimums[b * q.blockSize() / weightBlock] * (q.scales[block] * q.sums[block]);
    }
    return z;
  }
}
