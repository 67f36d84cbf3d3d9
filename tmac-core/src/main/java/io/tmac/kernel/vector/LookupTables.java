package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ROW_BYTE;
import static io.tmac.kernel.vector.Species.ROW_INT;
import static io.tmac.kernel.vector.Species.ROW_SHORT;

import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.QuantizedInput;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Builds the tables of {@link Input#tables}: all sums of a pair of columns with ternary weights.
 */
final class LookupTables {
  private static final short OFFSET = 256;
  private static final short LOW = 15;
  private static final short HIGH = 31;
  private static final int ENTRIES = Input.TABLE_BYTES / 2;

  /** The first and second weight of each table entry; entries from 9 on are never looked up. */
  private static final short[] FIRST = {-1, -1, -1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};

  private static final short[] SECOND = {-1, 0, 1, -1, 0, 1, -1, 0, 1, 0, 0, 0, 0, 0, 0, 0};

  private LookupTables() {}

  static void build(Input in, int token) {
    QuantizedInput q = in.quantized(InputForm.LOOKUP);
    int pairs = q.paddedCols() / 2;
    for (int lane = 0; lane < ENTRIES; lane += ROW_SHORT.length()) {
      build(in.tables, token * pairs * Input.TABLE_BYTES, q.codes, token * pairs * 2, pairs, lane);
    }
  }

  private static void build(byte[] tables, int table, int[] codes, int first, int pairs, int lane) {
    ShortVector weight0 = ShortVector.fromArray(ROW_SHORT, FIRST, lane);
    ShortVector weight1 = ShortVector.fromArray(ROW_SHORT, SECOND, lane);
    for (int p = 0; p < pairs; p++) {
      int c = first + 2 * p;
      ShortVector x0 = IntVector.broadcast(ROW_INT, codes[c]).reinterpretAsShorts();
      ShortVector x1 = IntVector.broadcast(ROW_INT, codes[c + 1]).reinterpretAsShorts();
      ShortVector v = weight0.mul(x0).add(weight1.mul(x1));
      v = v.add(OFFSET);
      ShortVector high =
          v.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts();
      int at = table + p * Input.TABLE_BYTES + lane;
      ((ByteVector) v.and(LOW).convertShape(VectorOperators.S2B, ROW_BYTE, 0))
          .intoArray(tables, at);
      ((ByteVector) high.and(HIGH).convertShape(VectorOperators.S2B, ROW_BYTE, 0))
          .intoArray(tables, at + ENTRIES);
    }
  }
}
