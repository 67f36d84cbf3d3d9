package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.WIDE_BYTE;
import static io.tmac.kernel.vector.Species.WIDE_SHORT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Lookup of 128 rows in tables of 96 bytes, for processors with AVX-512 VBMI: one {@code vpermi2b}
 * looks up four columns of 64 rows.
 *
 * <pre>
 *   step (128 bytes):  row r in byte r / 64 * 64 + r % 16 * 4 + r % 64 / 16;
 *                      index = (((w0 + 1) * 3 + w1 + 1) * 3 + w2 + 1) * 3 + w3 + 1, from 0 to 80
 * </pre>
 *
 * <p>A sum of four int8 inputs has ten bits: {@code sum + 512 = 32 * high + low}, both from 0 to
 * 31. Eight of either fit into a byte without sign, and 64 sums of up to 1020 into 16 bits. All
 * sums are exact.
 */
final class WideLookup extends LookupLinear {
  static final int TILE = 128;

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;

  /** Their tables have 12 KB, and their sums 16 bits. */
  private static final int MAX_PIECE = 256;

  /** Bytes that the tables of many tokens may take, beyond which panels save memory. */
  private static final int MAX_TABLES = 8 << 20;

  /** Fewer tokens are always looked up. */
  private static final int LEAST_GEMM_TOKENS = 64;

  /** Steps that are added up in bytes. */
  private static final int GROUP = 8;

  /** What {@link Input#wideTables} adds to the sum of four columns. */
  private static final int OFFSET = 512;

  /** Where bytes 1 and 3 of an int are, shifted to the right by a byte. */
  private static final int ODD_LOW = 0x00ff00ff;

  /** The same, times 32. */
  private static final int ODD_HIGH = 0x1fe01fe0;

  private static final byte[] INDICES = indices((first, second) -> first * 9 + second);

  private static final byte[] BOTH_PAIRS = bothPairs(INDICES);

  private static final short THIRD = 171;
  private static final short FIVE_BITS = 31;
  private static final short THREE = 3;
  private static final short ONE = 1;

  WideLookup(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    super(
        matrix,
        codes,
        InputForm.WIDE_LOOKUP,
        TILE,
        MAX_PIECE,
        Input.pad(matrix.cols()),
        twins,
        arena,
        pool);
  }

  /** Whether padding to whole tiles adds a third to the rows at most. */
  static boolean fits(int rows) {
    return Math.ceilDiv(rows, TILE) * (3L * TILE) <= 4L * rows;
  }

  @Override
  public int gemmTokens() {
    int tables = Input.pad(cols()) / STEP * Input.WIDE_TABLE_BYTES;
    return Math.max(LEAST_GEMM_TOKENS, MAX_TABLES / tables);
  }

  @Override
  int place(int row) {
    return row / 64 * 64 + row % 16 * 4 + row % 64 / 16;
  }

  @Override
  int rowAt(int place) {
    return place / 64 * 64 + place % 4 * 16 + place % 64 / 4;
  }

  @Override
  byte[] indices() {
    return INDICES;
  }

  @Override
  byte[] bothPairs() {
    return BOTH_PAIRS;
  }

  @Override
  void unpack(long from, int steps, short[] panel, int at) {
    for (int lane = 0; lane < Gemm.ROWS; lane += WIDE_SHORT.length()) {
      unpackLanes(tiles, from + lane, steps, panel, at + lane);
    }
  }

  /** Divides by three three times: {@code n / 3 = n * 171 / 512} for all indices. */
  private static void unpackLanes(
      MemorySegment tiles, long from, int steps, short[] panel, int at) {
    for (int s = 0; s < steps; s += 2) {
      int to = at + s * STEP * Gemm.ROWS;
      ShortVector v =
          (ShortVector)
              ByteVector.fromMemorySegment(WIDE_BYTE, tiles, from + (long) s * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, WIDE_SHORT, 0);
      IntVector quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      ShortVector third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + 3 * Gemm.ROWS);
      v = third;
      quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + 2 * Gemm.ROWS);
      v = third;
      quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + Gemm.ROWS);
      third.sub(ONE).intoArray(panel, to);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(WIDE_BYTE, tiles, from + (s + 1L) * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, WIDE_SHORT, 0);
      quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + 7 * Gemm.ROWS);
      v = third;
      quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + 6 * Gemm.ROWS);
      v = third;
      quotient = v.mul(THIRD).reinterpretAsInts().lanewise(LSHR, 9);
      third = quotient.reinterpretAsShorts().and(FIVE_BITS);
      v.sub(third.mul(THREE)).sub(ONE).intoArray(panel, to + 5 * Gemm.ROWS);
      third.sub(ONE).intoArray(panel, to + 4 * Gemm.ROWS);
    }
  }

  @Override
  void lookUp(
      Input in,
      int token,
      int column,
      int steps,
      long first,
      long second,
      int[] sums,
      int at,
      Scratch scratch) {
    int table = (token * Input.pad(cols()) + column) / STEP * Input.WIDE_TABLE_BYTES;
    lookUp(tiles, first, second, in.wideTables, table, steps / GROUP, scratch.ints);
    addSums(scratch.ints, -steps * OFFSET, sums, at);
  }

  /**
   * Sums up the bytes of two tiles. A row has a byte of an int. An int of {@code all} is the sum of
   * its four rows, row i times {@code 256^i}, modulo {@code 2^32}; one of {@code odd} has the sums
   * of rows 1 and 3 in its halves.
   */
  private static void lookUp(
      MemorySegment tiles,
      long first,
      long second,
      byte[] tables,
      int table,
      int groups,
      int[] out) {
    IntVector zero = IntVector.zero(INTS);
    IntVector all0 = zero;
    IntVector odd0 = zero;
    IntVector all1 = zero;
    IntVector odd1 = zero;
    IntVector all2 = zero;
    IntVector odd2 = zero;
    IntVector all3 = zero;
    IntVector odd3 = zero;
    for (int g = 0; g < groups; g++) {
      ByteVector none = ByteVector.zero(BYTES);
      ByteVector l0 = none;
      ByteVector h0 = none;
      ByteVector l1 = none;
      ByteVector h1 = none;
      ByteVector l2 = none;
      ByteVector h2 = none;
      ByteVector l3 = none;
      ByteVector h3 = none;
      for (int k = 0; k < GROUP; k++) {
        int s = g * GROUP + k;
        int t = table + s * Input.WIDE_TABLE_BYTES;
        ByteVector a = ByteVector.fromArray(BYTES, tables, t);
        ByteVector b = ByteVector.fromArray(BYTES, tables, t + 64);
        ByteVector c = ByteVector.fromArray(BYTES, tables, t + 96);
        ByteVector d = ByteVector.fromArray(BYTES, tables, t + 160);
        ByteVector rows = ByteVector.fromMemorySegment(BYTES, tiles, first + s * 128L, ORDER);
        l0 = rows.selectFrom(a, b).add(l0);
        h0 = rows.selectFrom(c, d).add(h0);
        rows = ByteVector.fromMemorySegment(BYTES, tiles, first + s * 128L + 64, ORDER);
        l1 = rows.selectFrom(a, b).add(l1);
        h1 = rows.selectFrom(c, d).add(h1);
        rows = ByteVector.fromMemorySegment(BYTES, tiles, second + s * 128L, ORDER);
        l2 = rows.selectFrom(a, b).add(l2);
        h2 = rows.selectFrom(c, d).add(h2);
        rows = ByteVector.fromMemorySegment(BYTES, tiles, second + s * 128L + 64, ORDER);
        l3 = rows.selectFrom(a, b).add(l3);
        h3 = rows.selectFrom(c, d).add(h3);
      }
      IntVector l = none.add(l0).reinterpretAsInts();
      IntVector h = none.add(h0).reinterpretAsInts();
      all0 = h.lanewise(LSHL, 5).add(l).add(all0);
      l = l.lanewise(LSHR, 8).and(ODD_LOW);
      odd0 = h.lanewise(LSHR, 3).and(ODD_HIGH).add(l).add(odd0);
      l = none.add(l1).reinterpretAsInts();
      h = none.add(h1).reinterpretAsInts();
      all1 = h.lanewise(LSHL, 5).add(l).add(all1);
      l = l.lanewise(LSHR, 8).and(ODD_LOW);
      odd1 = h.lanewise(LSHR, 3).and(ODD_HIGH).add(l).add(odd1);
      l = none.add(l2).reinterpretAsInts();
      h = none.add(h2).reinterpretAsInts();
      all2 = h.lanewise(LSHL, 5).add(l).add(all2);
      l = l.lanewise(LSHR, 8).and(ODD_LOW);
      odd2 = h.lanewise(LSHR, 3).and(ODD_HIGH).add(l).add(odd2);
      l = none.add(l3).reinterpretAsInts();
      h = none.add(h3).reinterpretAsInts();
      all3 = h.lanewise(LSHL, 5).add(l).add(all3);
      l = l.lanewise(LSHR, 8).and(ODD_LOW);
      odd3 = h.lanewise(LSHR, 3).and(ODD_HIGH).add(l).add(odd3);
    }
    zero.add(all0).intoArray(out, 0);
    zero.add(odd0).intoArray(out, 16);
    zero.add(all1).intoArray(out, 32);
    zero.add(odd1).intoArray(out, 48);
    zero.add(all2).intoArray(out, 64);
    zero.add(odd2).intoArray(out, 80);
    zero.add(all3).intoArray(out, 96);
    zero.add(odd3).intoArray(out, 112);
  }

  /** Takes the ints apart, and adds {@code offset} and the sums in them to those of the rows. */
  private static void addSums(int[] ints, int offset, int[] sums, int at) {
    for (int tile = 0; tile < 2; tile++) {
      int x = tile * TILE / 2;
      int y = at + tile * TILE;
      IntVector odd = IntVector.fromArray(INTS, ints, x + 16);
      IntVector even = IntVector.fromArray(INTS, ints, x).sub(odd.lanewise(LSHL, 8));
      IntVector old = IntVector.fromArray(INTS, sums, y).add(offset);
      even.and(0xffff).add(old).intoArray(sums, y);
      old = IntVector.fromArray(INTS, sums, y + 16).add(offset);
      odd.and(0xffff).add(old).intoArray(sums, y + 16);
      old = IntVector.fromArray(INTS, sums, y + 32).add(offset);
      even.lanewise(LSHR, 16).add(old).intoArray(sums, y + 32);
      old = IntVector.fromArray(INTS, sums, y + 48).add(offset);
      odd.lanewise(LSHR, 16).add(old).intoArray(sums, y + 48);
      odd = IntVector.fromArray(INTS, ints, x + 48);
      even = IntVector.fromArray(INTS, ints, x + 32).sub(odd.lanewise(LSHL, 8));
      old = IntVector.fromArray(INTS, sums, y + 64).add(offset);
      even.and(0xffff).add(old).intoArray(sums, y + 64);
      old = IntVector.fromArray(INTS, sums, y + 80).add(offset);
      odd.and(0xffff).add(old).intoArray(sums, y + 80);
      old = IntVector.fromArray(INTS, sums, y + 96).add(offset);
      even.lanewise(LSHR, 16).add(old).intoArray(sums, y + 96);
      old = IntVector.fromArray(INTS, sums, y + 112).add(offset);
      odd.lanewise(LSHR, 16).add(old).intoArray(sums, y + 112);
    }
  }
}
