package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The two-bit code 10 means nothing. It is found wherever a weight is, and nowhere else. */
class UndefinedCodesTest {
  private static final int UNDEFINED = 2;

  @Property
  void oneUndefinedCodeIsFoundAtEveryPositionAmongAnyNeighbours(@ForAll("defined") int neighbour) {
    int cols = 150;
    for (int position = 0; position < cols; position++) {
      byte[] data = codes(neighbour, cols);
      set(data, position, UNDEFINED);
      Matrix matrix = v1(1, cols, data, 0);
      assertThat(matrix.format().findUndefined(matrix)).isEqualTo(position / 4);
      set(data, position, neighbour);
      assertThat(matrix.format().findUndefined(matrix)).isEqualTo(-1);
    }
  }

  @Provide
  Arbitrary<Integer> defined() {
    return Arbitraries.of(0, 1, 3);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void v1FindsTheFirstUndefinedCodeOfItsOwnRows(
      @ForAll @IntRange(min = 1, max = 6) int rows,
      @ForAll @IntRange(min = 1, max = 170) int cols,
      @ForAll @IntRange(min = 0, max = 5) int firstRow,
      @ForAll @Size(max = 3) List<@IntRange(min = 0, max = 2000) Integer> undefined,
      @ForAll long seed) {
    int tensorRows = firstRow + rows + 1;
    byte[] data = defined(tensorRows * cols, seed);
    undefined.forEach(at -> set(data, at % (data.length * 4), UNDEFINED));

    Matrix matrix = v1(rows, cols, data, firstRow);
    int expected = naive(data, 0, firstRow * cols, (firstRow + rows) * cols);
    assertThat(matrix.format().findUndefined(matrix)).isEqualTo(expected);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void v2FindsTheFirstUndefinedCodeOfItsOwnRows(
      @ForAll @IntRange(min = 1, max = 6) int rows,
      @ForAll @IntRange(min = 1, max = 170) int cols,
      @ForAll @IntRange(min = 0, max = 5) int firstRow,
      @ForAll @Size(max = 3) List<@IntRange(min = 0, max = 2000) Integer> undefined,
      @ForAll long seed) {
    int rowBytes = 2 + (cols + 3) / 4;
    byte[] data = defined((firstRow + rows + 1) * rowBytes * 4, seed);
    undefined.forEach(at -> set(data, at % (data.length * 4), UNDEFINED));

    Matrix matrix =
        new Matrix("w", rows, cols, new TernaryV2(), MemorySegment.ofArray(data), firstRow);
    int expected = -1;
    for (int row = firstRow; row < firstRow + rows && expected < 0; row++) {
      expected = naive(data, row * rowBytes + 2, 0, cols);
    }
    assertThat(matrix.format().findUndefined(matrix)).isEqualTo(expected);
  }

  @Property
  void paddingBehindTheLastCodeIsIgnored(
      @ForAll @IntRange(min = 1, max = 170) int cols, @ForAll long seed) {
    byte[] data = defined(cols, seed);
    float[] expected = row(v1(1, cols, data, 0));
    for (int code = cols; code < data.length * 4; code++) {
      set(data, code, UNDEFINED);
    }
    Matrix v1 = v1(1, cols, data, 0);
    assertThat(v1.format().findUndefined(v1)).isEqualTo(-1);
    assertThat(row(v1)).containsExactly(expected);

    byte[] withScale = new byte[data.length + 2];
    System.arraycopy(data, 0, withScale, 2, data.length);
    withScale[1] = 0x3c; // 1.0
    Matrix v2 = new Matrix("w", 1, cols, new TernaryV2(), MemorySegment.ofArray(withScale), 0);
    assertThat(v2.format().findUndefined(v2)).isEqualTo(-1);
    assertThat(row(v2)).containsExactly(expected);
  }

  /** Offset of the first byte with an undefined code among the codes from..to-1, or -1. */
  private static int naive(byte[] data, int offset, int from, int to) {
    for (int code = from; code < to; code++) {
      if ((data[offset + code / 4] >> (code % 4 * 2) & 3) == UNDEFINED) {
        return offset + code / 4;
      }
    }
    return -1;
  }

  private static Matrix v1(int rows, int cols, byte[] data, int firstRow) {
    return new Matrix("w", rows, cols, new TernaryV1(), MemorySegment.ofArray(data), firstRow);
  }

  private static float[] row(Matrix matrix) {
    float[] out = new float[matrix.cols()];
    matrix.decodeRow(0, out);
    return out;
  }

  private static void set(byte[] data, int code, int bits) {
    int shift = code % 4 * 2;
    data[code / 4] = (byte) ((data[code / 4] & ~(3 << shift)) | (bits << shift));
  }

  private static byte[] codes(int code, int count) {
    byte[] data = new byte[(count + 3) / 4];
    Arrays.fill(data, (byte) (code * 0b01010101));
    return data;
  }

  /** Codes of which half are -1, whose bits are most like those of an undefined one. */
  private static byte[] defined(int count, long seed) {
    byte[] data = codes(0, count);
    Random random = new Random(seed);
    for (int code = 0; code < data.length * 4; code++) {
      set(data, code, new int[] {0, 1, 3, 3}[random.nextInt(4)]);
    }
    return data;
  }
}
