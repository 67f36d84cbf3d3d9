package io.tmac.quant.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.kernel.WorkerPool;
import io.tmac.quant.encode.LeastSquaresTernaryFit;
import io.tmac.quant.encode.SearchInt4Fit;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowSolverTest {

  /** Without inputs to look at, that is with H = I, the weights themselves count. */
  @Property(tries = 100)
  void withEqualInputsItFindsTheLeastSquaresOfTheWeights(
      @ForAll @IntRange(min = 1, max = 40) int n, @ForAll long seed) {
    double[] w = Problems.weights(n, new Random(seed));
    double[] identity = new double[n * n];
    float[] values = new float[n];
    for (int c = 0; c < n; c++) {
      identity[c * n + c] = 1;
      values[c] = (float) w[c];
    }
    byte[] codes = new byte[n];
    float scale = ternary(identity, w, codes);
    byte[] expected = new byte[n];
    float expectedScale = new LeastSquaresTernaryFit().fit(0, values, expected);
    double found = Problems.error(w, Problems.values(codes, scale), identity);
    double best = Problems.error(w, Problems.values(expected, expectedScale), identity);
    assertThat(found).isLessThanOrEqualTo(best * 1.001 + 1e-9);
  }

  @Property(tries = 100)
  void codesAndScalesAreOfTheGridAndBetterThanNothing(
      @ForAll @IntRange(min = 1, max = 40) int n, @ForAll long seed) {
    Random random = new Random(seed);
    double[] h = Problems.inputs(n, 2 * n, random);
    double[] w = Problems.weights(n, random);
    byte[] codes = new byte[n];
    float scale = ternary(h, w, codes);
    assertThat(scale).isBetween(0f, 65504f);
    assertThat(Float.float16ToFloat(Float.floatToFloat16(scale))).isEqualTo(scale);
    for (byte code : codes) {
      assertThat(code).isBetween((byte) -1, (byte) 1);
    }
    double nothing = Problems.error(w, new double[n], h);
    assertThat(Problems.error(w, Problems.values(codes, scale), h))
        .isLessThanOrEqualTo(nothing * 1.001 + 1e-6);
  }

  /** Against the least-squares fit of the weights, which does not know the inputs. */
  @ParameterizedTest
  @ValueSource(ints = {4, 16, 40})
  void ternaryCodesAreBetterThanRoundedOnes(int n) {
    double solved = 0;
    double nearest = 0;
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      double[] h = Problems.inputs(n, 2 * n, random);
      double[] w = Problems.weights(n, random);
      float[] values = new float[n];
      for (int c = 0; c < n; c++) {
        values[c] = (float) w[c];
      }
      byte[] codes = new byte[n];
      float scale = ternary(h, w, codes);
      solved += Problems.error(w, Problems.values(codes, scale), h);
      float roundedScale = new LeastSquaresTernaryFit().fit(0, values, codes);
      nearest += Problems.error(w, Problems.values(codes, roundedScale), h);
    }
    assertThat(solved).isLessThan(0.8 * nearest);
  }

  /** All codes of few columns, each with its best scale. */
  @Test
  void smallProblemsEndNearTheOptimum() {
    int n = 7;
    double sumFound = 0;
    double sumBest = 0;
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      double[] h = Problems.inputs(n, 20, random);
      double[] w = Problems.weights(n, random);
      byte[] codes = new byte[n];
      float scale = ternary(h, w, codes);
      double best = optimum(w, h);
      double found = Problems.error(w, Problems.values(codes, scale), h);
      assertThat(found).isGreaterThan(best * 0.999);
      sumFound += found;
      sumBest += best;
    }
    assertThat(sumFound).isLessThan(1.15 * sumBest);
  }

  private static double optimum(double[] w, double[] h) {
    int n = w.length;
    byte[] codes = new byte[n];
    Arrays.fill(codes, (byte) -1);
    double best = Problems.error(w, new double[n], h);
    while (true) {
      double[] unit = Problems.values(codes, 1);
      double[] product = Problems.times(unit, h);
      double wanted = 0;
      double square = 0;
      for (int c = 0; c < n; c++) {
        wanted += product[c] * w[c];
        square += product[c] * unit[c];
      }
      if (square > 0) {
        best = Math.min(best, Problems.error(w, new double[n], h) - wanted * wanted / square);
      }
      int c = 0;
      while (c < n && codes[c] == 1) {
        codes[c++] = -1;
      }
      if (c == n) {
        return best;
      }
      codes[c]++;
    }
  }

  /** Feedback is a heuristic: it need not win each time, but it does in all. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void fourBitCodesAreBetterThanRoundedOnes(int blocks) {
    double solved = 0;
    double nearest = 0;
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      int n = 32 * blocks;
      double[] h = Problems.inputs(n, 2 * n, random);
      double[] w = Problems.weights(n, random);
      float[] values = new float[n];
      for (int c = 0; c < n; c++) {
        values[c] = (float) w[c];
      }
      float[] scales = new float[n];
      byte[] rounded = new byte[n];
      SearchInt4Fit fit = new SearchInt4Fit();
      for (int block = 0; block < blocks; block++) {
        float scale = fit.fit(block * 32L, values, block * 32, rounded);
        Arrays.fill(scales, block * 32, block * 32 + 32, scale);
      }
      byte[] codes = new byte[n];
      try (WorkerPool pool = new WorkerPool(1)) {
        RowSolver solver = new RowSolver(new Factor(h, n, pool));
        System.arraycopy(Problems.times(w, h), 0, solver.target(), 0, n);
        solver.grid(scales, -8, 7, codes);
      }
      for (byte code : codes) {
        assertThat(code).isBetween((byte) -8, (byte) 7);
      }
      solved += Problems.error(w, Problems.values(codes, scales), h);
      nearest += Problems.error(w, Problems.values(rounded, scales), h);
    }
    assertThat(solved).isLessThan(0.8 * nearest);
  }

  /** Blocks have scales of their own, which are no worse than one scale of the row. */
  @Test
  void ternaryBlocksAreBetterThanRows() {
    Random random = new Random(1);
    int n = 96;
    double rowError = 0;
    double blockError = 0;
    for (int problem = 0; problem < 60; problem++) {
      double[] h = Problems.inputs(n, 2 * n, random);
      double[] w = Problems.weights(n, random);
      for (int c = 0; c < n; c++) {
        w[c] *= 1 + c / 32; // so that each block needs another scale
      }
      try (WorkerPool pool = new WorkerPool(1)) {
        RowSolver solver = new RowSolver(new Factor(h, n, pool));
        System.arraycopy(Problems.times(w, h), 0, solver.target(), 0, n);
        byte[] codes = new byte[n];
        float[] scales = new float[n];
        Arrays.fill(scales, solver.ternary(codes));
        rowError += Problems.error(w, Problems.values(codes, scales), h);
        float[] blockScales = new float[3];
        solver.ternary(32, blockScales, codes);
        for (int c = 0; c < n; c++) {
          assertThat(codes[c]).isBetween((byte) -1, (byte) 1);
          scales[c] = blockScales[c / 32];
          assertThat(Float.float16ToFloat(Float.floatToFloat16(scales[c]))).isEqualTo(scales[c]);
        }
        blockError += Problems.error(w, Problems.values(codes, scales), h);
      }
    }
    assertThat(blockError).isLessThan(rowError);
  }

  @Test
  void zerosStayZero() {
    byte[] codes = {1, 1, 1};
    double[] identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    assertThat(ternary(identity, new double[3], codes)).isZero();
    assertThat(codes).containsOnly(0);
    try (WorkerPool pool = new WorkerPool(1)) {
      RowSolver solver = new RowSolver(new Factor(identity, 3, pool));
      Arrays.fill(solver.target(), 1);
      solver.grid(new float[] {0, 1, 0}, -8, 7, codes);
      assertThat(codes).containsExactly(0, 1, 0);
    }
  }

  @Test
  void scalesEndWhereFloat16Ends() {
    byte[] codes = new byte[1];
    assertThat(ternary(new double[] {1}, new double[] {1e9}, codes)).isEqualTo(65504f);
    assertThat(codes).containsExactly(1);
  }

  private static float ternary(double[] h, double[] w, byte[] codes) {
    try (WorkerPool pool = new WorkerPool(1)) {
      RowSolver solver = new RowSolver(new Factor(h, w.length, pool));
      System.arraycopy(Problems.times(w, h), 0, solver.target(), 0, w.length);
      return solver.ternary(codes);
    }
  }
}
