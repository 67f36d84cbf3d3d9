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
 * Lookup of 128 rows in tables of 128 bytes, for processors with AVX-512 VBMI: one {@code vpermi2b}
 * looks up four columns of 64 rows.
 *
 * <pre>
 *   step (128 bytes):  row r in byte r / 64 * 64 + r % 16 * 4 + r % 64 / 16;
 *                      index = (((w0 + 1) * 3 + w1 + 1) * 3 + w2 + 1) * 3 + w3 + 1, from 0 to 80
 * </pre>
 *
 * <p>A sum of four int8 inputs has ten bits: {@code sum + 512 = 32 * high + low}, both from 0 to
 * 31. Eight of either fit into a byte without sign, and 128 groups of eight into 16 bits. All sums
 * are exact.
 */
final class WideLookup extends LookupLinear {
  static final int TILE = 128;

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;

  /** Their tables have 16 KB. */
  private static final int MAX_PIECE = 256;

  /** Steps that are added up in bytes. */
  private static final int GROUP = 8;

  /** What {@link Input#wideTables} adds to the sum of four columns. */
  private static final int OFFSET = 512;

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
    return 64;
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
      Input in, int token, int column, int steps, long tile, int[] sums, int at, Scratch scratch) {
    int table = (token * Input.pad(cols()) + column) / STEP * Input.WIDE_TABLE_BYTES;
    short[] bytes = scratch.shorts(8 * SHORTS.length());
    lookUp(tiles, tile, in.wideTables, table, steps / GROUP, bytes);
    addSums(bytes, -steps * OFFSET, sums, at);
  }

  /** Sums up the bytes of a tile: as shorts whole, and shifted by one byte. */
  private static void lookUp(
      MemorySegment tiles, long tile, byte[] tables, int table, int groups, short[] bytes) {
    ShortVector zero = ShortVector.zero(SHORTS);
    ShortVector low0 = zero;
    ShortVector lowOdd0 = zero;
    ShortVector high0 = zero;
    ShortVector highOdd0 = zero;
    ShortVector low1 = zero;
    ShortVector lowOdd1 = zero;
    ShortVector high1 = zero;
    ShortVector highOdd1 = zero;
    for (int g = 0; g < groups; g++) {
      ByteVector none = ByteVector.zero(BYTES);
      ByteVector lows0 = none;
      ByteVector highs0 = none;
      ByteVector lows1 = none;
      ByteVector highs1 = none;
      for (int k = 0; k < GROUP; k++) {
        int s = g * GROUP + k;
        int t = table + s * Input.WIDE_TABLE_BYTES;
        ByteVector first = ByteVector.fromMemorySegment(BYTES, tiles, tile + s * 128L, ORDER);
        ByteVector second = ByteVector.fromMemorySegment(BYTES, tiles, tile + s * 128L + 64, ORDER);
        ByteVector a = ByteVector.fromArray(BYTES, tables, t);
        ByteVector b = ByteVector.fromArray(BYTES, tables, t + 64);
        lows0 = first.selectFrom(a, b).add(lows0);
        lows1 = second.selectFrom(a, b).add(lows1);
        a = ByteVector.fromArray(BYTES, tables, t + 128);
        b = ByteVector.fromArray(BYTES, tables, t + 192);
        highs0 = first.selectFrom(a, b).add(highs0);
        highs1 = second.selectFrom(a, b).add(highs1);
      }
      // As shorts: b0 + 256 * b1 and b2 + 256 * b3; shifted: b1 + 256 * b2 and b3.
      ShortVector shorts = none.add(lows0).reinterpretAsShorts();
      low0 = shorts.add(low0);
      lowOdd0 = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(lowOdd0);
      shorts = none.add(highs0).reinterpretAsShorts();
      high0 = shorts.add(high0);
      highOdd0 = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(highOdd0);
      shorts = none.add(lows1).reinterpretAsShorts();
      low1 = shorts.add(low1);
      lowOdd1 = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(lowOdd1);
      shorts = none.add(highs1).reinterpretAsShorts();
      high1 = shorts.add(high1);
      highOdd1 = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(highOdd1);
    }
    zero.add(low0).intoArray(bytes, 0);
    zero.add(lowOdd0).intoArray(bytes, 32);
    zero.add(high0).intoArray(bytes, 64);
    zero.add(highOdd0).intoArray(bytes, 96);
    zero.add(low1).intoArray(bytes, 128);
    zero.add(lowOdd1).intoArray(bytes, 160);
    zero.add(high1).intoArray(bytes, 192);
    zero.add(highOdd1).intoArray(bytes, 224);
  }

  /** Takes the sums of the bytes apart, and adds {@code offset} and them to those of the rows. */
  private static void addSums(short[] bytes, int offset, int[] sums, int at) {
    for (int half = 0; half < 2; half++) {
      // All modulo 2^16. The last byte's sum stands alone, and takes us to the one before it.
      IntVector l = ShortVector.fromArray(SHORTS, bytes, half * 128).reinterpretAsInts();
      IntVector lOdd = ShortVector.fromArray(SHORTS, bytes, half * 128 + 32).reinterpretAsInts();
      IntVector h = ShortVector.fromArray(SHORTS, bytes, half * 128 + 64).reinterpretAsInts();
      IntVector hOdd = ShortVector.fromArray(SHORTS, bytes, half * 128 + 96).reinterpretAsInts();
      IntVector l3 = lOdd.lanewise(LSHR, 16);
      IntVector h3 = hOdd.lanewise(LSHR, 16);
      IntVector l2 = l.lanewise(LSHR, 16).sub(l3.lanewise(LSHL, 8)).and(0xffff);
      IntVector h2 = h.lanewise(LSHR, 16).sub(h3.lanewise(LSHL, 8)).and(0xffff);
      IntVector l1 = lOdd.sub(l2.lanewise(LSHL, 8)).and(0xffff);
      IntVector h1 = hOdd.sub(h2.lanewise(LSHL, 8)).and(0xffff);
      IntVector l0 = l.sub(l1.lanewise(LSHL, 8)).and(0xffff);
      IntVector h0 = h.sub(h1.lanewise(LSHL, 8)).and(0xffff);
      int y = at + 64 * half;
      IntVector old = IntVector.fromArray(INTS, sums, y).add(offset);
      h0.lanewise(LSHL, 5).add(l0).add(old).intoArray(sums, y);
      old = IntVector.fromArray(INTS, sums, y + 16).add(offset);
      h1.lanewise(LSHL, 5).add(l1).add(old).intoArray(sums, y + 16);
      old = IntVector.fromArray(INTS, sums, y + 32).add(offset);
      h2.lanewise(LSHL, 5).add(l2).add(old).intoArray(sums, y + 32);
      old = IntVector.fromArray(INTS, sums, y + 48).add(offset);
      h3.lanewise(LSHL, 5).add(l3).add(old).intoArray(sums, y + 48);
    }
  }
}
