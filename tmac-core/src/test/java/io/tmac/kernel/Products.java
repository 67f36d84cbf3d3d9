package io.tmac.kernel;

import io.tmac.Activations;
import io.tmac.format.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;

/** Multiplies with one provider on one thread. */
final class Products {
  private Products() {}

  /** The matrix in the provider's layout. */
  static Linear linear(KernelProvider kernels, Matrix matrix, Activations activations) {
    try (WorkerPool pool = new WorkerPool(1)) {
      return kernels.linear(matrix, activations, Arena.ofAuto(), pool);
    }
  }

  /** All products {@code [tokens x rows]}. */
  static float[] of(KernelProvider kernels, Matrix matrix, Activations activations, float[] x) {
    Linear linear = linear(kernels, matrix, activations);
    int tokens = x.length / matrix.cols();
    float[] out = new float[tokens * matrix.rows()];
    Arrays.fill(out, Float.NaN);
    Input in = input(kernels, linear, x);
    linear.multiply(in, tokens, out, 0, matrix.rows(), new Scratch(matrix.cols()));
    return out;
  }

  /** An input {@code [tokens x cols]}, prepared for a matrix. */
  static Input input(KernelProvider kernels, Linear linear, float[] x) {
    int tokens = x.length / linear.cols();
    Input in = new Input(linear.cols());
    in.reserve(tokens);
    System.arraycopy(x, 0, in.x, 0, x.length);
    in.reserve(linear.form(tokens), tokens);
    for (int t = 0; t < tokens; t++) {
      kernels.prepare(in, linear.form(tokens), t);
    }
    return in;
  }

  /** Normally distributed values, some of them much larger, some of them zero. */
  static float[] randomInput(int count, long seed) {
    Random random = new Random(seed);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(20);
      float spread = kind == 0 ? 30 : kind == 1 ? 0 : 1;
      x[i] = (float) random.nextGaussian() * spread;
    }
    return x;
  }
}
