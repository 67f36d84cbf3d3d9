package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Random tensors of all built-in formats, for properties. */
final class Tensors {
  static final List<WeightFormat> FORMATS =
      List.of(
          new F32(),
          new Int4(),
          new Int8(Int8.Layout.GROUPS, 32),
          new Int8(Int8.Layout.CODES_THEN_SCALES, 4),
          new Int8(Int8.Layout.CODES_THEN_SCALES, 7),
          new Int8(Int8.Layout.CODES_THEN_SCALES, 64),
          new TernaryV1(),
          new TernaryV2());

  /**
   * A tensor, of which a matrix takes the rows from {@code firstRow} on.
   *
   * @param tensorRows rows of the whole tensor
   * @param data its bytes, all of them defined
   */
  record Tensor(WeightFormat format, int tensorRows, int cols, int firstRow, byte[] data) {

    /** The matrix, in a segment that ends where the tensor ends and begins at an odd address. */
    Matrix matrix() {
      byte[] file = new byte[data.length + 1];
      System.arraycopy(data, 0, file, 1, data.length);
      MemorySegment segment = MemorySegment.ofArray(file).asSlice(1);
      return new Matrix("w", tensorRows - firstRow, cols, format, segment, firstRow);
    }

    /** What row {@code row} of the matrix means. */
    float[] expectedRow(int row) {
      float[] expected = new float[cols];
      for (int c = 0; c < cols; c++) {
        expected[c] = ReferenceDecoder.value(format, data, tensorRows, cols, firstRow + row, c);
      }
      return expected;
    }

    @Override
    public String toString() {
      return format + " " + tensorRows + " x " + cols + " from row " + firstRow;
    }
  }

  private Tensors() {}

  /** Tensors of all formats and of narrow, wide, even and odd shapes. */
  static Arbitrary<Tensor> any() {
    Arbitrary<Integer> cols =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 140),
            Arbitraries.of(16, 28, 32, 48, 64, 128, 172, 448));
    return Combinators.combine(
            Arbitraries.of(FORMATS),
            Arbitraries.integers().between(1, 7).withoutEdgeCases(),
            cols,
            Arbitraries.integers().between(0, 5),
            Arbitraries.longs().withoutEdgeCases())
        .as(Tensors::tensor);
  }

  private static Tensor tensor(WeightFormat format, int rows, int cols, int skipped, long seed) {
    // Scales behind the codes are found from the size of the whole, so there is one matrix only.
    boolean whole = format instanceof Int8(var layout, _) && layout != Int8.Layout.GROUPS;
    int firstRow = whole ? 0 : skipped;
    int tensorRows = firstRow + rows;
    byte[] data = new byte[ReferenceDecoder.byteSize(format, tensorRows, cols)];
    new Random(seed).nextBytes(data);
    if (format instanceof TernaryV1) {
      define(data, 0, data.length);
    }
    if (format instanceof TernaryV2) {
      int rowBytes = data.length / tensorRows;
      for (int row = 0; row < tensorRows; row++) {
        define(data, row * rowBytes + 2, (row + 1) * rowBytes);
      }
    }
    return new Tensor(format, tensorRows, cols, firstRow, data);
  }

  /** Turns each code 10 into 11. */
  private static void define(byte[] data, int from, int to) {
    for (int i = from; i < to; i++) {
      data[i] |= (byte) ((data[i] & 0xaa) >> 1);
    }
  }
}
