package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Activations;
import io.tmac.format.Matrix;
import io.tmac.kernel.TestMatrices.Kind;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** A product has the same bits however rows and tokens are split, on any number of threads. */
@Tag("kernel")
class KernelSplitTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void rowsMayBeSplitIntoAnyTiles(
      @ForAll Kind kind,
      @ForAll Activations activations,
      @ForAll @IntRange(min = 1, max = 100) int rows,
      @ForAll @IntRange(min = 1, max = 5) int blocks,
      @ForAll boolean odd,
      @ForAll @IntRange(min = 1, max = 4) int tokens,
      @ForAll long seed) {
    int cols = odd ? 64 * blocks - 27 : 64 * blocks;
    Assume.that(kind.canEncode(cols));
    Matrix matrix = kind.random(rows, cols, seed);
    float[] x = Products.randomInput(tokens * cols, seed);
    for (KernelProvider kernels : PROVIDERS) {
      Linear linear = Products.linear(kernels, matrix, activations);
      Input in = Products.input(kernels, linear, x);
      float[] parts = new float[tokens * rows];
      Arrays.fill(parts, Float.NaN);
      Random random = new Random(seed);
      for (int from = 0; from < rows; ) {
        int to = Math.min(rows, from + linear.tileRows() * (1 + random.nextInt(3)));
        linear.multiply(in, tokens, parts, from, to, new Scratch(cols));
        from = to;
      }
      assertThat(parts)
          .as("%s %s", kernels.name(), matrix)
          .isEqualTo(Products.of(kernels, matrix, activations, x));
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void tokensMayBeComputedOneByOne(
      @ForAll Kind kind,
      @ForAll Activations activations,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 5) int blocks,
      @ForAll boolean odd,
      @ForAll @IntRange(min = 2, max = 70) int tokens,
      @ForAll long seed) {
    int cols = odd ? 64 * blocks - 27 : 64 * blocks;
    Assume.that(kind.canEncode(cols));
    Matrix matrix = kind.random(rows, cols, seed);
    float[] x = Products.randomInput(tokens * cols, seed);
    for (KernelProvider kernels : PROVIDERS) {
      float[] together = Products.of(kernels, matrix, activations, x);
      for (int t = 0; t < tokens; t++) {
        float[] token = Arrays.copyOfRange(x, t * cols, (t + 1) * cols);
        assertThat(Arrays.copyOfRange(together, t * rows, (t + 1) * rows))
            .as("%s %s, token %d of %d", kernels.name(), matrix, t, tokens)
            .isEqualTo(Products.of(kernels, matrix, activations, token));
      }
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void groupsOfMatricesMayBeSplitOverThreads(
      @ForAll Kind first,
      @ForAll Kind second,
      @ForAll @IntRange(min = 1, max = 90) int rows,
      @ForAll @IntRange(min = 1, max = 7) int tokens,
      @ForAll @IntRange(min = 1, max = 3) int threads,
      @ForAll long seed) {
    int cols = 128;
    List<Matrix> matrices =
        List.of(
            first.random(rows, cols, seed),
            second.random(rows / 2 + 1, cols, seed + 1),
            first.random(17, cols, seed + 2));
    float[] x = Products.randomInput(tokens * cols, seed);
    for (KernelProvider kernels : PROVIDERS) {
      Linear[] linears = new Linear[matrices.size()];
      float[][] outs = new float[matrices.size()][];
      for (int i = 0; i < linears.length; i++) {
        linears[i] = Products.linear(kernels, matrices.get(i), Activations.INT8);
        outs[i] = new float[tokens * linears[i].rows()];
      }
      try (WorkerPool pool = new WorkerPool(threads)) {
        Scratch[] scratch = new Scratch[threads];
        Arrays.setAll(scratch, i -> new Scratch(cols));
        Matmul matmul = new Matmul(kernels, pool, scratch);
        Input in = new Input(cols);
        in.reserve(tokens);
        // The second pass finds arrays that hold the values of the first.
        System.arraycopy(Products.randomInput(tokens * cols, seed + 3), 0, in.x, 0, x.length);
        matmul.run(in, tokens, linears, outs);
        System.arraycopy(x, 0, in.x, 0, x.length);
        matmul.run(in, tokens, linears, outs);
      }
      for (int i = 0; i < linears.length; i++) {
        assertThat(outs[i])
            .as("%s %s", kernels.name(), matrices.get(i))
            .isEqualTo(Products.of(kernels, matrices.get(i), Activations.INT8, x));
      }
    }
  }
}
