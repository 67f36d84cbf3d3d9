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
import jdk.incubator.vector.VectorSpecies;

/**
 * Builds the tables of {@link Input#tables}, {@link Input#wideTables} and {@link Input#int7Tables}:
 * all sums of two or four columns with ternary weights.
 */
final class LookupTables {
  private static final short OFFSET = 256;
  private static final short LOW = 15;
  private static final int ENTRIES = Input.TABLE_BYTES / 2;

  /** The first and second weight of each table entry; entries from 9 on are never looked up. */
  private static final short[] FIRST = {-1, -1, -1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};

  private static final short[] SECOND = {-1, 0, 1, -1, 0, 1, -1, 0, 1, 0, 0, 0, 0, 0, 0, 0};

  private static final VectorSpecies<Short> WIDE = ShortVector.SPECIES_512;
  private static final VectorSpecies<Byte> WIDE_BYTES = ByteVector.SPECIES_256;
  private static final VectorSpecies<Integer> WIDE_INT = IntVector.SPECIES_512;
  private static final short FIVE_BITS = 31;
  private static final short WIDE_OFFSET = 512;
  private static final int WIDE_ENTRIES = Input.WIDE_TABLE_BYTES / 2;

  /** The weights of the four columns for each entry of a wide table. */
  private static final short[][] WIDE_WEIGHTS = wideWeights();

  private LookupTables() {}

  private static short[][] wideWeights() {
    short[][] weights = new short[4][WIDE_ENTRIES];
    for (int c = 0; c < 81; c++) {
      for (int i = 3, digits = c; i >= 0; i--, digits /= 3) {
        weights[i][c] = (short) (digits % 3 - 1);
      }
    }
    return weights;
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
        v = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(FIVE_BITS);
        ByteVector high = (ByteVector) v.convertShape(S2B, ROW_BYTE, 0);
        high.intoArray(tables, table + ENTRIES);

        x0 = IntVector.broadcast(ROW_INT, codes[c + 2]).reinterpretAsShorts();
        x1 = IntVector.broadcast(ROW_INT, codes[c + 3]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1)).add(OFFSET);
        low = (ByteVector) v.and(LOW).convertShape(S2B, ROW_BYTE, 0);
        low.intoArray(tables, table + 2 * ENTRIES);
        v = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(FIVE_BITS);
        high = (ByteVector) v.convertShape(S2B, ROW_BYTE, 0);
        high.intoArray(tables, table + 3 * ENTRIES);
      }
    }
  }

  static void buildInt7(Input in, int token) {
    QuantizedInput q = in.quantized(InputForm.INT7_LOOKUP);
    int[] codes = q.codes;
    byte[] tables = in.int7Tables;
    int end = (token + 1) * q.paddedCols();
    for (int lane = 0; lane < ENTRIES; lane += ROW_SHORT.length()) {
      ShortVector weight0 = ShortVector.fromArray(ROW_SHORT, FIRST, lane);
      ShortVector weight1 = ShortVector.fromArray(ROW_SHORT, SECOND, lane);
      for (int c = token * q.paddedCols(); c < end; c += 8) {
        int table = c / 2 * ENTRIES + lane;
        ShortVector x0 = IntVector.broadcast(ROW_INT, codes[c]).reinterpretAsShorts();
        ShortVector x1 = IntVector.broadcast(ROW_INT, codes[c + 1]).reinterpretAsShorts();
        ShortVector v = weight0.mul(x0).add(weight1.mul(x1));
        ((ByteVector) v.convertShape(S2B, ROW_BYTE, 0)).intoArray(tables, table);

        x0 = IntVector.broadcast(ROW_INT, codes[c + 2]).reinterpretAsShorts();
        x1 = IntVector.broadcast(ROW_INT, codes[c + 3]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1));
        ((ByteVector) v.convertShape(S2B, ROW_BYTE, 0)).intoArray(tables, table + ENTRIES);

        x0 = IntVector.broadcast(ROW_INT, codes[c + 4]).reinterpretAsShorts();
        x1 = IntVector.broadcast(ROW_INT, codes[c + 5]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1));
        ((ByteVector) v.convertShape(S2B, ROW_BYTE, 0)).intoArray(tables, table + 2 * ENTRIES);

        x0 = IntVector.broadcast(ROW_INT, codes[c + 6]).reinterpretAsShorts();
        x1 = IntVector.broadcast(ROW_INT, codes[c + 7]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1));
        ((ByteVector) v.convertShape(S2B, ROW_BYTE, 0)).intoArray(tables, table + 3 * ENTRIES);
      }
    }
  }

  static void buildWide(Input in, int token) {
    QuantizedInput q = in.quantized(InputForm.WIDE_LOOKUP);
    int[] codes = q.codes;
    byte[] tables = in.wideTables;
    int steps = q.paddedCols() / 4;
    int firstCode = token * q.paddedCols();
    int firstTable = firstCode / 4 * Input.WIDE_TABLE_BYTES;
    // 81 entries are three vectors of 32.
    for (int lane = 0; lane < WIDE_ENTRIES; lane += WIDE.length()) {
      ShortVector weight0 = ShortVector.fromArray(WIDE, WIDE_WEIGHTS[0], lane);
      ShortVector weight1 = ShortVector.fromArray(WIDE, WIDE_WEIGHTS[1], lane);
      ShortVector weight2 = ShortVector.fromArray(WIDE, WIDE_WEIGHTS[2], lane);
      ShortVector weight3 = ShortVector.fromArray(WIDE, WIDE_WEIGHTS[3], lane);
      for (int s = 0; s < steps; s += 2) {
        int c = firstCode + 4 * s;
        int table = firstTable + s * Input.WIDE_TABLE_BYTES + lane;
        ShortVector x0 = IntVector.broadcast(WIDE_INT, codes[c]).reinterpretAsShorts();
        ShortVector x1 = IntVector.broadcast(WIDE_INT, codes[c + 1]).reinterpretAsShorts();
        ShortVector x2 = IntVector.broadcast(WIDE_INT, codes[c + 2]).reinterpretAsShorts();
        ShortVector x3 = IntVector.broadcast(WIDE_INT, codes[c + 3]).reinterpretAsShorts();
        ShortVector v = weight0.mul(x0).add(weight1.mul(x1));
        v = v.add(weight2.mul(x2).add(weight3.mul(x3))).add(WIDE_OFFSET);
        ByteVector low = (ByteVector) v.and(FIVE_BITS).convertShape(S2B, WIDE_BYTES, 0);
        low.intoArray(tables, table);
        v = v.reinterpretAsInts().lanewise(LSHR, 5).reinterpretAsShorts().and(FIVE_BITS);
        ByteVector high = (ByteVector) v.convertShape(S2B, WIDE_BYTES, 0);
        high.intoArray(tables, table + WIDE_ENTRIES);

        table += Input.WIDE_TABLE_BYTES;
        x0 = IntVector.broadcast(WIDE_INT, codes[c + 4]).reinterpretAsShorts();
        x1 = IntVector.broadcast(WIDE_INT, codes[c + 5]).reinterpretAsShorts();
        x2 = IntVector.broadcast(WIDE_INT, codes[c + 6]).reinterpretAsShorts();
        x3 = IntVector.broadcast(WIDE_INT, codes[c + 7]).reinterpretAsShorts();
        v = weight0.mul(x0).add(weight1.mul(x1));
        v = v.add(weight2.mul(x2).add(weight3.mul(x3))).add(WIDE_OFFSET);
        low = (ByteVector) v.and(FIVE_BITS).convertShape(S2B, WIDE_BYTES, 0);
        low.intoArray(tables, table);
        v = v.reinterpretAsInts().lanewise(LSHR, 5).reinterpretAsShorts().and(FIVE_BITS);
        high = (ByteVector) v.convertShape(S2B, WIDE_BYTES, 0);
        high.intoArray(tables, table + WIDE_ENTRIES);
      }
    }
  }
}
