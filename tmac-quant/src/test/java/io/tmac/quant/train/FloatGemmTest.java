package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

@Tag("kernel")
class FloatGemmTest {
  /** Stands around C and in the gaps between its rows. */
  private static final float UNTOUCHED = -12345;

  /** A matrix {@code [rows x cols]} somewhere in an array. */
  private record Operand(int rows, int cols, float[] values, int at, int row, int col) {

    /** Of normal numbers, by rows or by columns, with a gap between them, or with both apart. */
    static Operand random(int rows, int cols, int layout, Random random) {
      int at = random.nextInt(5);
      int gap = random.nextInt(4);
      int row = layout == 0 ? cols + gap : layout == 1 ? 1 : 2 * cols + gap;
      int col = layout == 0 ? 1 : layout == 1 ? rows + gap : 2;
      float[] values = new float[at + rows * row + cols * col + random.nextInt(3)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return new Operand(rows, cols, values, at, row, col);
    }

    float get(int i, int j) {
      return values[at + i * row + j * col];
    }
  }

  /** Where C stands: rows at a distance of {@code row} from index {@code at}. */
  private record Place(int m, int n, int at, int row) {

    static Place random(int m, int n, Random random) {
      return new Place(m, n, random.nextInt(20), n + random.nextInt(20));
    }

    float[] fill(Random random) {
      float[] c = new float[at + m * row + 20];
      Arrays.fill(c, UNTOUCHED);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          c[at + i * row + j] = (float) random.nextGaussian();
        }
      }
      return c;
    }
  }

  private static void multiply(
      FloatGemm gemm, Operand a, Operand b, float[] c, Place place, boolean add) {
    gemm.multiply(
        a.rows, b.cols, a.cols, a.values, a.at, a.row, a.col, b.values, b.at, b.row, b.col, c,
        place.at, place.row, add);
  }

  /** The product with the additions that {@link FloatGemm} documents. */
  private static float[] specified(Operand a, Operand b, float[] c, Place place, boolean add) {
    float[] out = c.clone();
    for (int i = 0; i < a.rows; i++) {
      for (int j = 0; j < b.cols; j++) {
        int at = place.at + i * place.row + j;
        if (!add && a.cols == 0) {
          out[at] = 0;
        }
        for (int from = 0; from < a.cols; from += FloatGemm.DEPTH) {
          float sum = 0;
          for (int p = from; p < Math.min(from + FloatGemm.DEPTH, a.cols); p++) {
            sum = Math.fma(a.get(i, p), b.get(p, j), sum);
          }
          out[at] = add || from > 0 ? out[at] + sum : sum;
        }
      }
    }
    return out;
  }

  /** Every addition and product may round: Higham 2002, section 3.1. */
  private static void assertNearDouble(
      Operand a, Operand b, float[] before, float[] c, Place place, boolean add) {
    for (int i = 0; i < a.rows; i++) {
      for (int j = 0; j < b.cols; j++) {
        int at = place.at + i * place.row + j;
        double sum = add ? before[at] : 0;
        double magnitude = Math.abs(sum);
        for (int p = 0; p < a.cols; p++) {
          double product = (double) a.get(i, p) * b.get(p, j);
          sum += product;
          magnitude += Math.abs(product);
        }
        assertThat((double) c[at]).isCloseTo(sum, within((a.cols + 1) * 0x1p-24 * magnitude));
      }
    }
  }

  @Property(tries = 300)
  void productsOfAnyShapeAndLayoutAreNearThoseInDoubleAndNothingElseIsWritten(
      @ForAll @IntRange(min = 1, max = 70) int m,
      @ForAll @IntRange(min = 1, max = 70) int n,
      @ForAll @IntRange(min = 1, max = 70) int k,
      @ForAll @IntRange(min = 0, max = 2) int layoutA,
      @ForAll @IntRange(min = 0, max = 2) int layoutB,
      @ForAll boolean add,
      @ForAll long seed) {
    Random random = new Random(seed);
    Operand a = Operand.random(m, k, layoutA, random);
    Operand b = Operand.random(k, n, layoutB, random);
    Place place = Place.random(m, n, random);
    float[] before = place.fill(random);
    float[] c = before.clone();
    multiply(new FloatGemm(), a, b, c, place, add);
    assertNearDouble(a, b, before, c, place, add);
    for (int i = 0; i < c.length; i++) {
      int inRow = i - place.at - Math.floorDiv(i - place.at, place.row) * place.row;
      boolean inside = i >= place.at && i < place.at + m * place.row && inRow < n;
      if (!inside) {
        assertThat(c[i]).as("index %d", i).isEqualTo(UNTOUCHED);
      }
    }
  }

  /** Bit for bit, at any width of vectors, and whatever the object multiplied before. */
  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void additionsHaveTheDocumentedOrder(
      @ForAll @IntRange(min = 0, max = 40) int m,
      @ForAll @IntRange(min = 0, max = 80) int n,
      @ForAll @IntRange(min = 0, max = 1300) int k,
      @ForAll @IntRange(min = 0, max = 2) int layoutA,
      @ForAll @IntRange(min = 0, max = 2) int layoutB,
      @ForAll boolean add,
      @ForAll long seed) {
    Random random = new Random(seed);
    FloatGemm gemm = new FloatGemm();
    for (int cut = 1; cut <= 2; cut++) {
      Operand a = Operand.random(m / cut, k / cut, layoutA, random);
      Operand b = Operand.random(k / cut, n / cut, layoutB, random);
      Place place = Place.random(m / cut, n / cut, random);
      float[] before = place.fill(random);
      float[] c = before.clone();
      multiply(gemm, a, b, c, place, add);
      assertThat(c).isEqualTo(specified(a, b, before, place, add));
    }
  }

  /** More rows, columns and products than one block has. */
  @Example
  void blocksFitTogether() {
    Random random = new Random(1);
    for (int[] shape : new int[][] {{497, 67, 530}, {13, 4133, 35}, {1, 2049, 1}}) {
      for (int layout = 0; layout < 3; layout++) {
        Operand a = Operand.random(shape[0], shape[2], layout, random);
        Operand b = Operand.random(shape[2], shape[1], 2 - layout, random);
        Place place = Place.random(shape[0], shape[1], random);
        float[] before = place.fill(random);
        float[] c = before.clone();
        multiply(new FloatGemm(), a, b, c, place, layout == 1);
        assertThat(c).isEqualTo(specified(a, b, before, place, layout == 1));
      }
    }
  }

  /** In the interpreter as in compiled code. */
  @Example
  void repeatsAreEqualToTheBit() {
    Random random = new Random(2);
    Operand a = Operand.random(61, 97, 0, random);
    Operand b = Operand.random(97, 83, 1, random);
    Place place = Place.random(61, 83, random);
    float[] before = place.fill(random);
    FloatGemm gemm = new FloatGemm();
    float[] first = before.clone();
    multiply(gemm, a, b, first, place, true);
    for (int i = 0; i < 2000; i++) {
      float[] c = before.clone();
      multiply(gemm, a, b, c, place, true);
      assertThat(c).isEqualTo(first);
    }
  }

  /** Values that are not numbers stay in their row and column. */
  @Example
  void infinityAndNanStayInTheirRowAndColumn() {
    Random random = new Random(3);
    Operand a = Operand.random(14, 3, 0, random);
    Operand b = Operand.random(3, 35, 0, random);
    a.values[a.at + 13 * a.row + 1] = Float.NaN;
    b.values[b.at + b.row + 34] = Float.POSITIVE_INFINITY;
    float[] c = new float[14 * 35];
    multiply(new FloatGemm(), a, b, c, new Place(14, 35, 0, 35), false);
    for (int i = 0; i < 14; i++) {
      for (int j = 0; j < 35; j++) {
        assertThat(Float.isFinite(c[i * 35 + j])).isEqualTo(i < 13 && j < 34);
      }
    }
  }

  @Example
  void aDistanceOfZeroRepeatsARow() {
    float[] c = new float[6];
    float[] a = {2, 3};
    float[] b = {1, 10, 100, 1000};
    new FloatGemm().multiply(3, 2, 2, a, 0, 0, 1, b, 0, 2, 1, c, 0, 2, false);
    assertThat(c).containsExactly(302, 3020, 302, 3020, 302, 3020);
  }

  @Example
  void emptyMatricesNeedNoMemory() {
    float[] none = {};
    FloatGemm gemm = new FloatGemm();
    gemm.multiply(0, 7, 3, none, 0, 3, 1, new float[21], 0, 7, 1, none, 0, 7, false);
    gemm.multiply(7, 0, 3, new float[21], 0, 3, 1, none, 0, 0, 1, none, 0, 0, false);
    float[] c = {1, 2, 3, 4, 5};
    gemm.multiply(2, 1, 0, none, 0, 0, 1, none, 0, 1, 1, c, 1, 2, true);
    assertThat(c).containsExactly(1, 2, 3, 4, 5);
    gemm.multiply(2, 1, 0, none, 0, 0, 1, none, 0, 1, 1, c, 1, 2, false);
    assertThat(c).containsExactly(1, 0, 3, 0, 5);
  }

  @Example
  void wrongArgumentsAreRefusedBeforeAnythingIsWritten() {
    float[] x = new float[6];
    float[] c = new float[9];
    FloatGemm gemm = new FloatGemm();
    // [3 x 2] times [2 x 3] fits; each of the following has one thing wrong.
    gemm.multiply(3, 3, 2, x, 0, 2, 1, x, 0, 3, 1, c, 0, 3, false);
    Arrays.fill(c, UNTOUCHED);
    assertThatThrownBy(() -> gemm.multiply(3, 3, 2, x, 1, 2, 1, x, 0, 3, 1, c, 0, 3, false))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("A: [3 x 2] at 1, distances 2 and 1: last index 6, length 6");
    assertThatThrownBy(() -> gemm.multiply(3, 3, 2, x, 0, 2, 1, x, 0, 3, 2, c, 0, 3, false))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("B: [2 x 3] at 0, distances 3 and 2: last index 7, length 6");
    assertThatThrownBy(() -> gemm.multiply(3, 3, 2, x, 0, 2, 1, x, 0, 3, 1, c, 1, 3, false))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("C: [3 x 3] at 1, distances 3 and 1: last index 9, length 9");
    assertThatThrownBy(() -> gemm.multiply(3, 3, 2, x, -1, 2, 1, x, 0, 3, 1, c, 0, 3, false))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("A: [3 x 2] at -1, distances 2 and 1: last index 4, length 6");
    int huge = Integer.MAX_VALUE;
    assertThatThrownBy(() -> gemm.multiply(3, 3, 2, x, 0, huge, 1, x, 0, 3, 1, c, 0, 3, false))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageStartingWith("A: [3 x 2] at 0, distances 2147483647 and 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> gemm.multiply(-1, 3, 2, x, 0, 2, 1, x, 0, 3, 1, c, 0, 3, false))
        .withMessage("A: [-1 x 2], distances 2 and 1: must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> gemm.multiply(3, 3, 2, x, 0, 2, 1, x, 5, -3, 1, c, 0, 3, false))
        .withMessage("B: [2 x 3], distances -3 and 1: must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> gemm.multiply(3, 3, 2, x, 0, 2, 1, x, 0, 3, 1, c, 0, 2, false))
        .withMessage("rows of C overlap: distance 2, 3 columns");
    assertThat(c).containsOnly(UNTOUCHED);
  }
}
