package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.Activations;
import io.tmac.format.BlockCodes.Range;
import io.tmac.format.Matrix;
import io.tmac.kernel.TestMatrices.Kind;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/**
 * The vector kernels compute what the scalar ones define: integer paths bit for bit, float paths up
 * to the rounding of float sums.
 */
@Tag("kernel")
class KernelEqualityTest {
  private static final KernelProvider SCALAR = new ScalarKernels();
  private static final KernelProvider VECTOR = new VectorKernels();
  private static final KernelProvider PLAIN = new VectorKernels(VectorKernels.Mode.PLAIN);

  /** Half a unit in the last place of 1. */
  private static final double EPS = 0x1p-24;

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void integerPathsAreEqualBitForBit(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll("widths") int cols,
      @ForAll @IntRange(min = 1, max = 5) int tokens,
      @ForAll long seed) {
    Assume.that(kind.canEncode(cols));
    Matrix matrix = kind.random(rows, cols, seed);
    Assume.that(InputForm.of(matrix, Activations.INT8) != InputForm.FLOAT);
    assertEqual(matrix, tokens, seed);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void integerPathsOfOtherBlockSizesAreEqualBitForBit(
      @ForAll Range range,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 5) int blocks,
      @ForAll("blockSizes") int blockSize,
      @ForAll @IntRange(min = 1, max = 68) int tokens,
      @ForAll long seed) {
    assertEqual(
        TestMatrices.blocks(range, blockSize, rows, blocks * blockSize, seed), tokens, seed);
    assertEqual(TestMatrices.blocks(range, 0, rows, blocks * blockSize, seed), tokens, seed);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void integerPathsWithMinimumsAreEqualBitForBit(
      @ForAll boolean wide,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 9) int blocks,
      @ForAll("blockSizes") int blockSize,
      @ForAll @IntRange(min = 1, max = 68) int tokens,
      @ForAll long seed) {
    Range range = wide ? Range.INT8 : Range.INT4;
    int cols = blocks * blockSize;
    Assume.that(blockSize % 32 == 0 || cols % 32 == 0);
    Matrix matrix = TestMatrices.blocksAbove(range, blockSize, rows, cols, seed);
    assertThat(InputForm.of(matrix, Activations.INT8)).isEqualTo(InputForm.INT8_HALF_BLOCKS);
    assertEqual(matrix, tokens, seed);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void integerPathsOfHalfBlocksAreEqualBitForBit(
      @ForAll boolean wide,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 17) int blocks,
      @ForAll boolean long3,
      @ForAll @IntRange(min = 1, max = 68) int tokens,
      @ForAll long seed) {
    Range range = wide ? Range.INT8 : Range.INT4;
    int blockSize = long3 ? 48 : 16;
    Matrix matrix = TestMatrices.blocks(range, blockSize, rows, 2 * blockSize * blocks, seed);
    assertThat(InputForm.of(matrix, Activations.INT8)).isEqualTo(InputForm.INT8_HALF_BLOCKS);
    assertEqual(matrix, tokens, seed);
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void ternaryRowsMayHaveAnyWidth(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 140) int cols,
      @ForAll @IntRange(min = 1, max = 5) int tokens,
      @ForAll long seed) {
    assertEqual(Kind.TERNARY_V1.random(rows, cols, seed), tokens, seed);
    assertEqual(Kind.TERNARY_V2.random(rows, cols, seed), tokens, seed);
    assertEqual(TestMatrices.blocks(Range.TERNARY, 0, rows, cols, seed), tokens, seed);
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void ternaryMatricesMayHaveManyPiecesAndGroups(
      @ForAll @IntRange(min = 1, max = 1300) int rows,
      @ForAll @IntRange(min = 500, max = 3000) int cols,
      @ForAll("blockSizes") int blockSize,
      @ForAll @IntRange(min = 1, max = 2) int tokens,
      @ForAll long seed) {
    assertEqual(Kind.TERNARY_V2.random(rows, cols, seed), tokens, seed);
    int wholeBlocks = cols / blockSize * blockSize;
    assertEqual(
        TestMatrices.blocks(Range.TERNARY, blockSize, rows, wholeBlocks, seed), tokens, seed);
  }

  /** So many columns and tokens are multiplied as panels in every layout. */
  @Property(tries = 12, edgeCases = EdgeCasesMode.NONE)
  void ternaryPanelsOfManyColumnsAreEqualBitForBit(
      @ForAll @IntRange(min = 97, max = 400) int rows,
      @ForAll @IntRange(min = 2750, max = 2900) int cols,
      @ForAll("blockSizes") int blockSize,
      @ForAll @IntRange(min = 64, max = 68) int tokens,
      @ForAll long seed) {
    assertEqual(Kind.TERNARY_V2.random(rows, cols, seed), tokens, seed);
    int wholeBlocks = cols / blockSize * blockSize;
    assertEqual(
        TestMatrices.blocks(Range.TERNARY, blockSize, rows, wholeBlocks, seed), tokens, seed);
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void floatPathsDifferByTheRoundingOfTheSumAtMost(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll("widths") int cols,
      @ForAll @IntRange(min = 1, max = 5) int tokens,
      @ForAll long seed) {
    Assume.that(kind.canEncode(cols));
    Matrix matrix = kind.random(rows, cols, seed);
    float[] x = Products.randomInput(tokens * cols, seed);
    float[] vector = Products.of(VECTOR, matrix, Activations.F32, x);
    float[] scalar = Products.of(SCALAR, matrix, Activations.F32, x);
    float[] row = new float[cols];
    for (int r = 0; r < rows; r++) {
      matrix.decodeRow(r, row);
      for (int t = 0; t < tokens; t++) {
        double sum = 0;
        double magnitudes = 0;
        for (int c = 0; c < cols; c++) {
          double product = (double) row[c] * x[t * cols + c];
          sum += product;
          magnitudes += Math.abs(product);
        }
        double bound = 4 * EPS * cols * magnitudes;
        int at = t * rows + r;
        assertThat((double) vector[at]).as("vector, row %d", r).isCloseTo(sum, offset(bound));
        assertThat((double) scalar[at]).as("scalar, row %d", r).isCloseTo(sum, offset(bound));
      }
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void formatsWithoutIntegerViewOfAShapeRunOnFloats(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 140) int cols,
      @ForAll long seed) {
    Assume.that(cols % 32 != 0);
    for (Kind kind : new Kind[] {Kind.F32, Kind.INT4, Kind.INT8_GROUPS}) {
      Matrix matrix = kind.random(rows, cols, seed);
      float[] x = Products.randomInput(cols, seed);
      assertThat(Products.linear(VECTOR, matrix, Activations.INT8).form(1))
          .isEqualTo(InputForm.FLOAT);
      assertThat(Products.of(VECTOR, matrix, Activations.INT8, x))
          .isEqualTo(Products.of(VECTOR, matrix, Activations.F32, x));
    }
  }

  private static void assertEqual(Matrix matrix, int tokens, long seed) {
    float[] x = Products.randomInput(tokens * matrix.cols(), seed);
    for (Activations activations : List.of(Activations.INT8, Activations.INT7)) {
      float[] expected = Products.of(SCALAR, matrix, activations, x);
      for (KernelProvider kernels : List.of(VECTOR, PLAIN)) {
        assertThat(Products.of(kernels, matrix, activations, x))
            .as("%s, %s, %d tokens", matrix, activations, tokens)
            .isEqualTo(expected);
      }
    }
  }

  @Provide
  Arbitrary<Integer> widths() {
    return Arbitraries.oneOf(
        Arbitraries.of(1, 3, 31, 33, 172, 257),
        Arbitraries.of(32, 64, 96, 128, 192, 320, 512),
        Arbitraries.integers().between(1, 300));
  }

  @Provide
  Arbitrary<Integer> blockSizes() {
    return Arbitraries.of(32, 64, 96, 128, 160);
  }
}
