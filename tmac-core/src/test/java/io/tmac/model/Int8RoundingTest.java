package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** BitNet's rounding of inputs, and that kernels which round again find the same codes. */
@Tag("kernel")
class Int8RoundingTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void kernelsFindTheCodesOfTheDefinition(
      @ForAll @IntRange(min = 1, max = 200) int cols,
      @ForAll @IntRange(min = -8, max = 3) int exponent,
      @ForAll long seed) {
    Random random = new Random(seed);
    float[] x = new float[cols];
    double max = 1e-5f; // The definition's floor.
    for (int i = 0; i < cols; i++) {
      x[i] = (float) (random.nextGaussian() * Math.pow(10, exponent));
      max = Math.max(max, Math.abs(x[i]));
    }
    for (KernelProvider kernels : PROVIDERS) {
      Input in = new Input(cols, Int8Rounding.LEAST_MAX);
      in.reserve(1);
      System.arraycopy(x, 0, in.x, 0, cols);
      Int8Rounding.round(in.x, 0, cols);
      in.reserve(InputForm.INT8_TOKEN, 1);
      kernels.prepare(in, InputForm.INT8_TOKEN, 0);
      QuantizedInput quantized = in.quantized(InputForm.INT8_TOKEN);
      for (int i = 0; i < cols; i++) {
        assertThat(QuantizedInput.code(quantized.codes[i]))
            .as("%s, %s of %s", kernels.name(), x[i], max)
            .isEqualTo((int) Math.rint(x[i] * (127 / max)));
      }
    }
  }

  /** The maximum is 127, so that 0.5 and 1.5 lie between two codes. */
  @Example
  void tiesGoToEven() {
    float[] x = {127, 0.5f, 1.5f, -2.5f, 0.6f};
    Int8Rounding.round(x, 0, x.length);
    assertThat(x).containsExactly(127, 0, 2, -2, 1);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aNormIsRoundedAsItsResultWouldBe(
      @ForAll @IntRange(min = 1, max = 100) int cols, @ForAll long seed) {
    Random random = new Random(seed);
    float[] x = new float[cols + 2];
    float[] weight = new float[cols];
    for (int i = 0; i < cols; i++) {
      x[i + 2] = (float) random.nextGaussian();
      weight[i] = (float) random.nextGaussian();
    }
    float[] apart = new float[cols + 2];
    RmsNorm.apply(x, 2, weight, 1e-5, apart);
    float[] exact = apart.clone();
    Int8Rounding.round(apart, 2, cols);
    float[] together = new float[cols + 2];
    Int8Rounding.norm(x, 2, weight, 1e-5, together);
    float max = 0;
    for (float value : exact) {
      max = Math.max(max, Math.abs(value));
    }
    for (int i = 2; i < x.length; i++) {
      // Float rounding may move a value over the border between two codes.
      assertThat(Math.abs(together[i] - exact[i])).isLessThanOrEqualTo(max / 127 * 0.50001f);
      assertThat(Math.abs(together[i] - apart[i])).isLessThanOrEqualTo(max / 127 * 1.001f);
    }
  }
}
