package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.TmacException;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Rounding at load: the error of each row or block is about the least there is. */
class LoadQuantizerTest {
  private static final Arena ARENA = Arena.ofAuto();

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void noThresholdLeavesLessErrorThanTheTernaryOne(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 40) int cols,
      @ForAll long seed) {
    Matrix matrix = gaussian(rows, cols, seed);
    Matrix rounded = quantize(matrix, new TernaryV2(), false);
    assertThat(rounded.format()).isEqualTo(new TernaryV2());
    assertThat(rounded.format().findUndefined(rounded)).isEqualTo(-1);
    for (int r = 0; r < rows; r++) {
      float[] row = row(matrix, r);
      double least = Double.POSITIVE_INFINITY;
      for (float threshold : row) {
        least = Math.min(least, ternaryError(row, Math.abs(threshold)));
      }
      // The stored scale is a float16.
      assertThat(error(row, row(rounded, r))).isLessThanOrEqualTo(least * 1.0001 + 1e-6 * cols);
    }
  }

  /** The error of the best scale for the codes of all weights at or above a threshold. */
  private static double ternaryError(float[] row, float threshold) {
    double sum = 0;
    double all = 0;
    int count = 0;
    for (float value : row) {
      all += (double) value * value;
      if (Math.abs(value) >= threshold) {
        sum += Math.abs(value);
        count++;
      }
    }
    return all - sum * sum / count;
  }

  /** The scale that the original program takes: the largest magnitude becomes 7. */
  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void fourBitsLeaveLessErrorThanTheSimpleScale(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 100) int cols,
      @ForAll long seed) {
    Matrix matrix = gaussian(rows, cols, seed);
    float[] values = all(matrix);
    float[] rounded = all(quantize(matrix, new Int4(), false));
    double error = 0;
    double simple = 0;
    for (int block = 0; block < values.length; block += 32) {
      int end = Math.min(values.length, block + 32);
      float[] part = Arrays.copyOfRange(values, block, end);
      error += error(part, Arrays.copyOfRange(rounded, block, end));
      float max = 0;
      for (float value : part) {
        max = Math.max(max, Math.abs(value));
      }
      float[] simply = new float[part.length];
      for (int i = 0; i < part.length; i++) {
        simply[i] = (float) Math.rint(part[i] / (max / 7)) * (max / 7);
      }
      simple += error(part, simply);
    }
    assertThat(error).isLessThanOrEqualTo(simple * 1.001 + 1e-9);
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void theClassifierHasEightBits(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 100) int cols,
      @ForAll long seed) {
    Matrix matrix = gaussian(rows, cols, seed);
    Matrix rounded = quantize(matrix, new Int4(), true);
    assertThat(rounded.format()).isEqualTo(new Int8(Int8.Layout.GROUPS, 32));
    float[] values = all(matrix);
    float[] found = all(rounded);
    for (int i = 0; i < values.length; i++) {
      float max = 0;
      for (int k = i / 32 * 32; k < Math.min(values.length, i / 32 * 32 + 32); k++) {
        max = Math.max(max, Math.abs(values[k]));
      }
      assertThat(Math.abs(found[i] - values[i])).isLessThanOrEqualTo(max / 127 * 0.57f);
    }
  }

  @Example
  void zerosAndTheSmallestNumbersStayFinite() {
    for (float value : new float[] {0, Float.MIN_VALUE, -1e-30f, 6e-8f, Float.MAX_VALUE}) {
      float[] same = new float[64];
      Arrays.fill(same, value);
      same[3] = -value;
      for (WeightFormat format : new WeightFormat[] {new Int4(), new TernaryV2()}) {
        for (boolean classifier : new boolean[] {false, true}) {
          for (float found : all(quantize(matrix(2, 32, same), format, classifier))) {
            assertThat(Float.isFinite(found)).isTrue();
          }
        }
      }
    }
  }

  @Example
  void aWeightThatIsNoNumberIsNamed() {
    float[] values = new float[64];
    values[40] = Float.NaN;
    assertThatExceptionOfType(TmacException.class)
        .isThrownBy(() -> quantize(matrix(2, 32, values), new Int4(), false))
        .withMessageContainingAll("test", "NaN", "row 1");
  }

  private static Matrix quantize(Matrix matrix, WeightFormat format, boolean classifier) {
    try (WorkerPool pool = new WorkerPool(2)) {
      return new LoadQuantizer(format).quantize(matrix, classifier, Arena.ofAuto(), pool);
    }
  }

  private static Matrix gaussian(int rows, int cols, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return matrix(rows, cols, values);
  }

  private static Matrix matrix(int rows, int cols, float[] values) {
    MemorySegment data = ARENA.allocate(4L * values.length);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return new Matrix("test", rows, cols, new F32(), data, 0);
  }

  private static float[] row(Matrix matrix, int row) {
    float[] values = new float[matrix.cols()];
    matrix.decodeRow(row, values);
    return values;
  }

  private static float[] all(Matrix matrix) {
    float[] values = new float[matrix.rows() * matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      System.arraycopy(row(matrix, r), 0, values, r * matrix.cols(), matrix.cols());
    }
    return values;
  }

  private static double error(float[] values, float[] rounded) {
    double error = 0;
    for (int i = 0; i < values.length; i++) {
      error += Math.pow((double) values[i] - rounded[i], 2);
    }
    return error;
  }
}
