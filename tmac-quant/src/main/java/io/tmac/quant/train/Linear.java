package io.tmac.quant.train;

/**
 * A matrix {@code W [outputs x inputs]} within an array, applied to rows: {@code Y = X W^T}, and
 * its gradients. For one thread.
 */
record Linear(FloatGemm gemm) {

  /**
   * Multiplies.
   *
   * @param x {@code [rows x inputs]}
   * @param w the array that has the matrix from index {@code at} on
   * @param out receives {@code [rows x outputs]}
   * @param add whether the result is added to what is there
   */
  void forward(
      float[] x, int rows, int inputs, float[] w, int at, int outputs, float[] out, boolean add) {
    gemm.multiply(rows, outputs, inputs, x, 0, inputs, 1, w, at, 1, inputs, out, 0, outputs, add);
  }

  /**
   * The gradient of the input: {@code dX = dY W}.
   *
   * @param dOut {@code [rows x outputs]}
   * @param dx receives {@code [rows x inputs]}
   */
  void backwardInput(
      float[] dOut, int rows, int outputs, float[] w, int at, int inputs, float[] dx, boolean add) {
    gemm.multiply(rows, inputs, outputs, dOut, 0, outputs, 1, w, at, inputs, 1, dx, 0, inputs, add);
  }

  /**
   * Adds the gradient of the matrix: {@code dW += dY^T X}.
   *
   * @param gradients the array that has it from index {@code at} on
   */
  void backwardWeights(
      float[] x, int rows, int inputs, float[] dOut, int outputs, float[] gradients, int at) {
    gemm.multiply(
        outputs, inputs, rows, dOut, 0, 1, outputs, x, 0, inputs, 1, gradients, at, inputs, true);
  }
}
