package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.format.Tensors.Tensor;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Laws that all built-in weight formats keep, for any shape. */
class WeightFormatPropertyTest {
  private static final int ROOM = 3;

  @Provide
  Arbitrary<Tensor> tensors() {
    return Tensors.any();
  }

  @Property
  void aRowMeansWhatTheLayoutSays(@ForAll("tensors") Tensor tensor) {
    Matrix matrix = tensor.matrix();
    for (int row = 0; row < matrix.rows(); row++) {
      assertThat(decode(matrix, row)).as("row %d", row).containsExactly(tensor.expectedRow(row));
    }
  }

  @Property
  void codesTimesScalesAreTheRow(@ForAll("tensors") Tensor tensor) {
    Matrix matrix = tensor.matrix();
    int cols = matrix.cols();
    tensor
        .format()
        .codes(cols)
        .ifPresent(view -> {
          int block = view.blockSize(cols);
          assertThat(cols % block).as("columns behind the last block").isZero();
          byte[] codes = new byte[cols];
          float[] scales = new float[cols / block];
          for (int row = 0; row < matrix.rows(); row++) {
            view.decodeCodes(matrix, row, codes, scales);
            float[] product = new float[cols];
            for (int c = 0; c < cols; c++) {
              assertThat(codes[c]).isBetween(lowest(view.range()), highest(view.range()));
              product[c] = codes[c] * scales[c / block];
            }
            assertThat(product).as("row %d", row).containsExactly(tensor.expectedRow(row));
          }
        });
  }

  @Property
  void integerCodesAreOfferedWhereRowsBeginAtABlock(@ForAll("tensors") Tensor tensor) {
    int cols = tensor.cols();
    boolean expected =
        switch (tensor.format()) {
          case Int4() -> cols % 32 == 0;
          case Int8(_, int groupSize) -> cols % groupSize == 0;
          case TernaryV1(), TernaryV2() -> true;
          default -> false;
        };
    assertThat(tensor.format().codes(cols).isPresent()).isEqualTo(expected);
  }

  @Property
  void theSizeIsThatOfTheLayout(@ForAll("tensors") Tensor tensor) {
    WeightFormat format = tensor.format();
    assertThat(format.byteSize(tensor.tensorRows(), tensor.cols()))
        .isEqualTo(ReferenceDecoder.byteSize(format, tensor.tensorRows(), tensor.cols()));
    assertThat(format.byteSize(0, tensor.cols())).isZero();
  }

  @Property
  void decodingWritesTheRowAndNothingElse(@ForAll("tensors") Tensor tensor) {
    Matrix matrix = tensor.matrix();
    int cols = matrix.cols();
    float[] out = new float[cols + ROOM];
    Arrays.fill(out, 12345);
    matrix.decodeRow(0, out);
    assertThat(Arrays.copyOfRange(out, cols, cols + ROOM)).containsOnly(12345);
  }

  @Property
  void thereIsNoRowBeforeTheFirstAndBehindTheLast(@ForAll("tensors") Tensor tensor) {
    Matrix matrix = tensor.matrix();
    float[] out = new float[matrix.cols()];
    for (int row : new int[] {-1, matrix.rows(), Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> matrix.decodeRow(row, out))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Property
  void definedBytesAreNotReported(@ForAll("tensors") Tensor tensor) {
    Matrix matrix = tensor.matrix();
    assertThat(tensor.format().findUndefined(matrix)).isEqualTo(-1);
  }

  private static float[] decode(Matrix matrix, int row) {
    float[] out = new float[matrix.cols()];
    matrix.decodeRow(row, out);
    return out;
  }

  private static byte lowest(BlockCodes.Range range) {
    return switch (range) {
      case TERNARY -> -1;
      case INT4 -> -8;
      case INT8 -> -128;
    };
  }

  private static byte highest(BlockCodes.Range range) {
    return switch (range) {
      case TERNARY -> 1;
      case INT4 -> 7;
      case INT8 -> 127;
    };
  }
}
