package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** Inputs are rounded to int8 as {@link QuantizedInput} says, and by both providers alike. */
@Tag("kernel")
class QuantizerTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void codesAreHalfEvenQuotientsByTheLargestMagnitude(
      @ForAll("forms") InputForm form,
      @ForAll @IntRange(min = 1, max = 200) int cols,
      @ForAll @IntRange(min = 1, max = 3) int tokens,
      @ForAll("sizes") float size,
      @ForAll long seed) {
    float[] x = Products.randomInput(tokens * cols, seed);
    for (int i = 0; i < x.length; i++) {
      x[i] *= size;
    }
    for (KernelProvider kernels : PROVIDERS) {
      QuantizedInput q = quantized(kernels, form, cols, x);
      for (int t = 0; t < tokens; t++) {
        for (int b = 0; b < q.blocks(); b++) {
          assertBlock(q, maxCode(form), Arrays.copyOfRange(x, t * cols, (t + 1) * cols), t, b);
        }
      }
    }
  }

  private static void assertBlock(QuantizedInput q, int maxCode, float[] x, int token, int block) {
    int from = block * q.blockSize();
    int to = Math.min(x.length, from + q.blockSize());
    float max = 0;
    for (int c = from; c < to; c++) {
      max = Math.max(max, Math.abs(x[c]));
    }
    assertThat(q.scales[token * q.blocks() + block]).isEqualTo(max / maxCode);
    int sum = 0;
    for (int c = from; c < Math.min(from + q.blockSize(), q.paddedCols()); c++) {
      int code = QuantizedInput.code(q.codes[token * q.paddedCols() + c]);
      sum += code;
      float factor = max < 1e-30f ? 0 : maxCode / max;
      int expected = c < to ? (int) Math.rint((double) (x[c] * factor)) : 0;
      assertThat(code).as("column %d", c).isEqualTo(expected).isBetween(-maxCode, maxCode);
    }
    assertThat(q.sums[token * q.blocks() + block]).isEqualTo(sum);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aCodeIsOffByHalfAStepAtMost(@ForAll("forms") InputForm form, @ForAll long seed) {
    float[] x = Products.randomInput(96, seed);
    for (KernelProvider kernels : PROVIDERS) {
      QuantizedInput q = quantized(kernels, form, 96, x);
      for (int c = 0; c < 96; c++) {
        float scale = q.scales[c / q.blockSize()];
        assertThat(Math.abs(QuantizedInput.code(q.codes[c]) * scale - x[c]))
            .isLessThanOrEqualTo(0.50001f * scale);
      }
    }
  }

  @Property(tries = 10, edgeCases = EdgeCasesMode.NONE)
  void tiesGoToEven(@ForAll("forms") InputForm form) {
    int max = maxCode(form);
    float[] x = new float[64];
    for (int c = 0; c < 62; c++) {
      x[c] = c + 0.5f;
    }
    x[31] = max;
    x[62] = -2.5f;
    x[63] = max;
    for (KernelProvider kernels : PROVIDERS) {
      QuantizedInput q = quantized(kernels, form, 64, x);
      assertThat(Arrays.stream(q.codes, 0, 6).map(QuantizedInput::code))
          .containsExactly(0, 2, 2, 4, 4, 6);
      assertThat(QuantizedInput.code(q.codes[62])).isEqualTo(-2);
    }
  }

  @Example
  void valuesThatAreNoNumbersGetEqualCodes() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int at : new int[] {0, 17, 31, 40, 44}) {
        float[] x = Products.randomInput(45, 1);
        x[at] = value;
        for (InputForm form : List.of(InputForm.INT8_BLOCKS, InputForm.INT8_TOKEN)) {
          QuantizedInput scalar = quantized(PROVIDERS.get(0), form, 45, x);
          QuantizedInput vector = quantized(PROVIDERS.get(1), form, 45, x);
          assertThat(vector.codes).isEqualTo(scalar.codes);
          assertThat(vector.scales).isEqualTo(scalar.scales);
          assertThat(vector.sums).isEqualTo(scalar.sums);
        }
      }
    }
  }

  private static QuantizedInput quantized(
      KernelProvider kernels, InputForm form, int cols, float[] x) {
    return prepared(kernels, form, cols, x).quantized(form);
  }

  private static Input prepared(KernelProvider kernels, InputForm form, int cols, float[] x) {
    int tokens = x.length / cols;
    Input in = new Input(cols);
    in.reserve(tokens);
    System.arraycopy(x, 0, in.x, 0, x.length);
    in.reserve(form, tokens);
    for (int t = 0; t < tokens; t++) {
      kernels.prepare(in, form, t);
    }
    return in;
  }

  private static int maxCode(InputForm form) {
    return form == InputForm.INT7_BLOCKS || form == InputForm.INT7_LOOKUP ? 63 : 127;
  }

  @Provide
  Arbitrary<InputForm> forms() {
    return Arbitraries.of(
        InputForm.INT8_BLOCKS,
        InputForm.INT8_TOKEN,
        InputForm.LOOKUP,
        InputForm.WIDE_LOOKUP,
        InputForm.INT7_BLOCKS,
        InputForm.INT7_LOOKUP);
  }

  @Provide
  Arbitrary<Float> sizes() {
    return Arbitraries.of(1f, 1f, 1e-3f, 1e6f, 1e-31f, 1e-29f, 1e-40f, 1e35f, 0f);
  }
}
