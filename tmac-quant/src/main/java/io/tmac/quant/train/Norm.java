package io.tmac.quant.train;

/**
 * RMSNorm of rows {@code [rows x dim]}: {@code y = x / sqrt(mean(x^2) + eps) * weight} (Zhang and
 * Sennrich 2019), and its gradient. For one thread.
 */
final class Norm {
  private final int dim;
  private final double eps;
  private final float[] weighted;

  Norm(int dim, double eps) {
    this.dim = dim;
    this.eps = eps;
    weighted = new float[dim];
  }

  /**
   * Normalises rows.
   *
   * @param inverse receives {@code 1 / sqrt(mean(x^2) + eps)} of each row
   */
  void forward(float[] x, int rows, float[] weights, int weight, float[] out, float[] inverse) {
    for (int row = 0; row < rows; row++) {
      int at = row * dim;
      double sum = FloatMath.sumOfSquares(x, at, dim);
      inverse[row] = (float) (1 / Math.sqrt(sum / dim + eps));
      scale(x, at, inverse[row], weights, weight, out, at);
    }
  }

  /** Normalises rows again, with the roots of {@link #forward}. */
  void again(float[] x, int rows, float[] weights, int weight, float[] inverse, float[] out) {
    for (int row = 0; row < rows; row++) {
      scale(x, row * dim, inverse[row], weights, weight, out, row * dim);
    }
  }

  private void scale(
      float[] x, int at, float factor, float[] weights, int weight, float[] out, int outAt) {
    for (int i = 0; i < dim; i++) {
      out[outAt + i] = x[at + i] * factor * weights[weight + i];
    }
  }

  /**
   * Adds the gradients.
   *
   * @param dOut gradient of the output {@code [rows x dim]}
   * @param dx gets the gradient of {@code x} added
   * @param gradients gets the gradient of the weight added, where the weight is
   */
  void backward(
      float[] x,
      int rows,
      float[] weights,
      int weight,
      float[] inverse,
      float[] dOut,
      float[] dx,
      float[] gradients) {
    for (int row = 0; row < rows; row++) {
      int at = row * dim;
      float r = inverse[row];
      // y_i = x_i r w_i, dr/dx_j = -r^3 x_j / dim.
      for (int i = 0; i < dim; i++) {
        weighted[i] = dOut[at + i] * weights[weight + i];
      }
      float dot = FloatMath.dot(weighted, 0, x, at, dim);
      float back = dot * r * r * r / dim;
      for (int i = 0; i < dim; i++) {
        float value = x[at + i];
        dx[at + i] += weighted[i] * r - value * back;
        gradients[weight + i] += dOut[at + i] * value * r;
      }
    }
  }
}
