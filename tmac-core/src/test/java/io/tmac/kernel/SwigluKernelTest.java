package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** {@code gate = silu(gate) * up}, against double. */
@Tag("kernel")
class SwigluKernelTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  /** Largest relative error: that of exp, and a few roundings. */
  private static final double TOLERANCE = 1e-6;

  @Property(tries = 120, edgeCases = EdgeCasesMode.NONE)
  void isSiluOfTheGateTimesUp(
      @ForAll @IntRange(min = 1, max = 200) int n,
      @ForAll @IntRange(min = 0, max = 40) int from,
      @ForAll @IntRange(min = 1, max = 30) int spread,
      @ForAll long seed) {
    int begin = Math.min(from, n);
    float[] gate = gaussian(n, spread, seed);
    float[] up = gaussian(n, 1, seed + 1);
    for (KernelProvider kernels : PROVIDERS) {
      float[] out = gate.clone();
      kernels.swiglu(out, up.clone(), begin, n);
      assertThat(Arrays.copyOf(out, begin)).isEqualTo(Arrays.copyOf(gate, begin));
      for (int i = begin; i < n; i++) {
        double expected = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        assertThat((double) out[i])
            .as("%s of %s and %s", kernels.name(), gate[i], up[i])
            .isCloseTo(expected, offset(TOLERANCE * Math.abs(expected) + 1e-35));
      }
    }
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void anyRangeGivesTheSameBits(@ForAll @IntRange(min = 2, max = 100) int n, @ForAll long seed) {
    float[] gate = gaussian(n, 5, seed);
    float[] up = gaussian(n, 1, seed + 1);
    int middle = 1 + new Random(seed).nextInt(n - 1);
    for (KernelProvider kernels : PROVIDERS) {
      float[] whole = gate.clone();
      kernels.swiglu(whole, up.clone(), 0, n);
      float[] parts = gate.clone();
      float[] partsUp = up.clone();
      kernels.swiglu(parts, partsUp, 0, middle);
      kernels.swiglu(parts, partsUp, middle, n);
      assertThat(parts).isEqualTo(whole);
    }
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void largeGatesPassOrBlock(@ForAll @IntRange(min = 1, max = 40) int n) {
    for (KernelProvider kernels : PROVIDERS) {
      for (float size : new float[] {100, 1e4f, 1e30f}) {
        float[] open = new float[n];
        float[] up = new float[n];
        Arrays.fill(open, size);
        Arrays.fill(up, 0.5f);
        kernels.swiglu(open, up, 0, n);
        assertThat(open).containsOnly(size / 2);
        float[] shut = new float[n];
        Arrays.fill(shut, -size);
        Arrays.fill(up, 0.5f);
        kernels.swiglu(shut, up, 0, n);
        for (float value : shut) {
          assertThat(value).as("%s of %s", kernels.name(), -size).isCloseTo(0, offset(1e-6f));
        }
      }
    }
  }

  private static float[] gaussian(int n, float spread, long seed) {
    Random random = new Random(seed);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian() * spread;
    }
    return x;
  }
}
