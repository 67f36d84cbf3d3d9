package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A matrix never reaches beyond its bytes. */
class MatrixTest {
  private static final MemorySegment PLENTY = MemorySegment.ofArray(new byte[10_000]);

  @ParameterizedTest
  @CsvSource({"0, 4, 0", "-1, 4, 0", "4, 0, 0", "4, -1, 0", "4, 4, -1"})
  void anImpossibleShapeIsRefused(int rows, int cols, long firstRow) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Matrix("wq", rows, cols, new F32(), PLENTY, firstRow))
        .withMessageContainingAll("wq", rows + " x " + cols, "row " + firstRow);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void theSegmentHoldsAllRows(WeightFormat format) {
    long needed = format.byteSize(2 + 3, 37);
    MemorySegment enough = MemorySegment.ofArray(new byte[(int) needed]);
    assertThat(new Matrix("wq", 3, 37, format, enough, 2).data()).isEqualTo(enough);

    MemorySegment short1 = enough.asSlice(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Matrix("wq", 3, 37, format, short1, 2))
        .withMessageContainingAll("wq", needed + " bytes", String.valueOf(needed - 1));
  }

  static Stream<WeightFormat> formats() {
    return Tensors.FORMATS.stream();
  }

  @Test
  void aSizeThatWrapsAroundIsNotTakenForASmallOne() {
    assertThatThrownBy(
            () -> new Matrix("w", 1 << 30, 1 << 30, new F32(), PLENTY, Long.MAX_VALUE / 2))
        .isInstanceOfAny(IllegalArgumentException.class, ArithmeticException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Matrix("w", 1 << 16, 1 << 16, new F32(), PLENTY, 0));
  }

  @Test
  void nameAndFormatAreDemanded() {
    assertThatNullPointerException()
        .isThrownBy(() -> new Matrix(null, 1, 1, new F32(), PLENTY, 0))
        .withMessage("name");
    assertThatNullPointerException()
        .isThrownBy(() -> new Matrix("w", 1, 1, null, PLENTY, 0))
        .withMessage("format");
  }

  @Test
  void rowsAreCountedWithinTheTensor() {
    Matrix matrix = new Matrix("w", 3, 4, new F32(), PLENTY, 7);
    assertThat(matrix.tensorRow(0)).isEqualTo(7);
    assertThat(matrix.tensorRow(2)).isEqualTo(9);
    assertThatThrownBy(() -> matrix.tensorRow(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matrix.tensorRow(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void theMatricesOfATensorAddUpToItsSize() {
    for (WeightFormat format : Tensors.FORMATS) {
      long sum = 0;
      for (int layer = 0; layer < 5; layer++) {
        sum += new Matrix("w", 3, 37, format, PLENTY, layer * 3L).bytes();
      }
      assertThat(sum).as(format.id()).isEqualTo(format.byteSize(15, 37));
    }
  }
}
