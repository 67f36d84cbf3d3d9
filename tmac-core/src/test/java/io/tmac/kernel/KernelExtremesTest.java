package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.tmac.Activations;
import io.tmac.format.BlockCodes.Range;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.TestMatrices.Kind;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products at the limits of codes, inputs and scales. */
@Tag("kernel")
class KernelExtremesTest {
  private static final KernelProvider SCALAR = new ScalarKernels();
  private static final KernelProvider VECTOR = new VectorKernels();
  private static final KernelProvider PLAIN = new VectorKernels(VectorKernels.Mode.PLAIN);
  private static final int MAX = QuantizedInput.MAX_CODE;

  @ParameterizedTest
  @CsvSource({"TERNARY, 1", "TERNARY, -1", "INT4, -8", "INT4, 7", "INT8, -128", "INT8, 127"})
  void sumsOfTheLargestProductsDoNotOverflow(Range range, int code) {
    for (int cols : new int[] {2048, 2080, 4096, 6912, 8192}) {
      Matrix same = TestMatrices.blocks(range, 32, 17, cols, (r, c) -> code, () -> 1f);
      Matrix signs =
          TestMatrices.blocks(
              range, 32, 17, cols, (r, c) -> c % 2 == 0 ? code : Math.min(-code, 7), () -> 1f);
      for (Matrix matrix : List.of(same, signs)) {
        for (int sign : new int[] {-1, 1}) {
          float[] x = new float[cols];
          Arrays.fill(x, sign * MAX);
          assertExact(matrix, x);
          for (int c = 1; c < cols; c += 2) {
            x[c] = -x[c];
          }
          assertExact(matrix, x);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Range.class)
  void sumsOfRandomExtremesAreExact(Range range) {
    Random random = new Random(1);
    int high = range == Range.TERNARY ? 1 : range == Range.INT4 ? 7 : 127;
    int low = range == Range.TERNARY ? -1 : -high - 1;
    for (int cols : new int[] {32, 2048, 4128, 8192}) {
      Matrix matrix =
          TestMatrices.blocks(
              range, 32, 33, cols, (r, c) -> random.nextBoolean() ? high : low, () -> 1f);
      float[] x = new float[cols];
      for (int c = 0; c < cols; c++) {
        x[c] = random.nextBoolean() ? MAX : -MAX;
      }
      assertExact(matrix, x);
    }
  }

  /** With scales of 1 and inputs of 127 everything is an integer: compares with long sums. */
  private static void assertExact(Matrix matrix, float[] x) {
    float[] expected = new float[matrix.rows()];
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < expected.length; r++) {
      matrix.decodeRow(r, row);
      float sum = 0; // Block sums are added in float, as the kernels define it.
      for (int from = 0; from < row.length; from += 32) {
        long block = 0;
        for (int c = from; c < from + 32; c++) {
          block += ((long) row[c]) * ((long) x[c]);
        }
        sum += block;
      }
      expected[r] = sum;
    }
    assertProducts(matrix, x, expected);
  }

  /** One token is a matrix-vector product, many equal ones are a matrix-matrix product. */
  private static void assertProducts(Matrix matrix, float[] x, float[] expected) {
    for (KernelProvider kernels : List.of(SCALAR, VECTOR, PLAIN)) {
      for (int tokens : new int[] {1, 65}) {
        assertThat(Products.of(kernels, matrix, Activations.INT8, repeat(x, tokens)))
            .as("%d tokens", tokens)
            .isEqualTo(repeat(expected, tokens));
      }
    }
  }

  private static float[] repeat(float[] x, int times) {
    float[] all = new float[times * x.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = x[i % x.length];
    }
    return all;
  }

  @Test
  void oneScalePerRowLetsTernarySumsRunOverTheWholeRow() {
    for (int cols : new int[] {2047, 2049, 4096, 8192}) {
      Matrix matrix = TestMatrices.blocks(Range.TERNARY, 0, 17, cols, (r, c) -> 1, () -> 1f);
      float[] x = new float[cols];
      Arrays.fill(x, MAX);
      float[] expected = new float[17];
      Arrays.fill(expected, (float) cols * MAX);
      assertProducts(matrix, x, expected);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void zerosGiveZeros(Kind kind) {
    float[] zeros = new float[3 * 192];
    for (Activations activations : Activations.values()) {
      for (KernelProvider kernels : List.of(SCALAR, VECTOR, PLAIN)) {
        float[] product = Products.of(kernels, kind.random(20, 192, 1), activations, zeros);
        assertThat(product).containsOnly(0f);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.MIN_VALUE, 1e-40f, 1e-38f, 1e-31f, 1e-30f, 1e-20f, 1e20f, 1e36f})
  void tinyAndHugeInputsGiveTheSameBits(float size) {
    for (Kind kind : Kind.values()) {
      Matrix matrix = kind.random(20, 128, 2);
      float[] x = Products.randomInput(2 * 128, 3);
      for (int i = 0; i < x.length; i++) {
        x[i] *= size;
      }
      if (InputForm.of(matrix, Activations.INT8) != InputForm.FLOAT) {
        assertSame(matrix, x);
      }
      for (float y : Products.of(VECTOR, matrix, Activations.F32, x)) {
        assertThat(y).isFinite();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNoNumbersSpreadButDoNotCrash(float value) {
    for (Kind kind : Kind.values()) {
      Matrix matrix = kind.random(20, 128, 4);
      float[] x = Products.randomInput(2 * 128, 5);
      x[50] = value;
      x[127] = value;
      for (Activations activations : Activations.values()) {
        for (KernelProvider kernels : List.of(SCALAR, VECTOR, PLAIN)) {
          assertThatCode(() -> Products.of(kernels, matrix, activations, x))
              .doesNotThrowAnyException();
          float[] product = Products.of(kernels, matrix, activations, x);
          // The second token has none of them.
          for (int r = 20; r < 40; r++) {
            assertThat(product[r]).as("%s %s", kernels.name(), kind).isFinite();
          }
        }
      }
      if (InputForm.of(matrix, Activations.INT8) != InputForm.FLOAT) {
        assertSame(matrix, x);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      shorts = {0x0001, 0x03ff, 0x0400, 0x7bff, (short) 0x8001, (short) 0xfbff, 0x7c00, 0x7e00})
  void scalesAreAnyFloat16(short bits) {
    // Smallest and largest subnormal, smallest and largest normal, negative ones, infinity and NaN.
    for (WeightFormat format :
        List.of(new Int4(), new Int8(Int8.Layout.GROUPS, 32), new TernaryV2())) {
      int rows = 18;
      int cols = 64;
      byte[] bytes = new byte[(int) format.byteSize(rows, cols)];
      Arrays.fill(bytes, (byte) 0x1d); // Codes 13 - 8, 1 - 8; 29; +1 -1 +1 0.
      int block = bytes.length / (rows * (format instanceof TernaryV2 ? 1 : 2));
      for (int at = 0; at < bytes.length; at += block) {
        bytes[at] = (byte) bits;
        bytes[at + 1] = (byte) (bits >> 8);
      }
      assertSame(TestMatrices.matrix(format, rows, cols, bytes), Products.randomInput(cols, 6));
    }
  }

  @ParameterizedTest
  @EnumSource(Range.class)
  void scalesOfPluginsAreAnyFloat32(Range range) {
    Random random = new Random(7);
    Matrix matrix =
        TestMatrices.blocks(
            range,
            32,
            20,
            96,
            (r, c) -> TestMatrices.randomCode(range, random),
            () -> random.nextFloat() * (random.nextBoolean() ? 1e-9f : 1e6f));
    assertSame(matrix, Products.randomInput(2 * 96, 8));
  }

  private static void assertSame(Matrix matrix, float[] x) {
    assertThat(Products.of(VECTOR, matrix, Activations.INT8, x))
        .as("%s", matrix)
        .isEqualTo(Products.of(SCALAR, matrix, Activations.INT8, x));
  }
}
