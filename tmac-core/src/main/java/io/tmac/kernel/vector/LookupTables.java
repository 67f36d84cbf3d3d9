package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ROW_BYTE;
import static io.tmac.kernel.vector.Species.ROW_INT;
import static io.tmac.kernel.vector.Species.ROW_SHORT;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2B;

import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.QuantizedInput;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

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

  /** Builds the tables of one token in plain loops, for the first tokens of a JVM. */
  static void buildPlain(Input in, int token) {
    QuantizedInput q = in.quantized(InputForm.LOOKUP);
    int first = token * q.paddedCols();
    for (int c = first; c < first + q.paddedCols(); c += 2) {
      int x0 = QuantizedInput.code(q.codes[c]);
      int x1 = QuantizedInput.code(q.codes[c + 1]);
      int table = c / 2 * Input.TABLE_BYTES;
      for (int entry = 0; entry < ENTRIES; entry++) {
        int v = FIRST[entry] * x0 + SECOND[entry] * x1 + OFFSET;
        in.tables[table + entry] = (byte) (v & LOW);
        in.tables[table + ENTRIES + entry] = (byte) (v >> 4 & HIGH);
      }
    }
  }

  static void build(Input in, int token) {
    QuantizedInput q = in.quantized(InputForm.LOOKUP);
    int[] codes = q.codes;
    byte[] tables = in.tables;
    int steps = q.paddedCols() / 4;
    int firstCode = token * q.paddedCols();
    int firstTable = firstCode / 2 * Input.TABLE_BYTES;
    for (int lane = 0; lane < ENTRIES; lane += ROW_SHORT.length()) {
      ShortVector weight0 = ShortVector.fromArray(ROW_SHORT, FIRST, lane);
      ShortVector weight1 = ShortVector.fromArray(ROW_SHORT, SECOND, lane);
      for (int s = 0; s < steps; s++) {
        int c = firstCode + 4 * s;
        int table = firstTable + 2 * s * Input.TABLE_BYTES + lane;
        ShortVector x0 = IntVector.broadcast(ROW_INT, codes[c]).reinterpretAsShorts();
        ShortVector x1 = IntVector.broadcast(ROW_INT, codes[c + 1]).reinterpretAsShorts();
        ShortVector v = weight0.mul(x0).add(weight1.mul(x1)).add(OFFSET);
        ByteVector low = (ByteVector) v.and(LOW).convertShape(S2B, ROW_BYTE, 0);
        low.intoArray(tables, table);
        v = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(HIGH);
        ByteVector high = (ByteVector) v.convertShape(S2B, ROW_BYTE, 0);
        high.intoArray(tables, table + ENTRIES);

        x0 = IntVector.broadcast(ROW_INT, codes[c + 2]).reinterpretAsShorts();
        x1 = IntVector.broadcast(ROW_INT, codes[c + 3]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1)).add(OFFSET);
        low = (ByteVector) v.and(LOW).convertShape(S2B, ROW_BYTE, 0);
        low.intoArray(tables, table + 2 * ENTRIES);
        v = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(HIGH);
        high = (ByteVector) v.convertShape(S2B, ROW_BYTE, 0);
        high.intoArray(tables, table + 3 * ENTRIES);
      }
    }
  }
}
