package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_BYTE;
import static io.tmac.kernel.vector.Species.ROW_SHORT;
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
 * Lookup of 16 rows in tables of 16 bytes, for any processor.
 *
 * <pre>
 *   step (16 bytes):  row r in byte r % 4 * 4 + r / 4: the index of columns 0 and 1 in its low
 *                     half and that of columns 2 and 3 in its high half; index = (w0 + 1) * 3 + w1 + 1
 * </pre>
 *
 * <p>A sum of two int8 inputs has nine bits, a table entry eight, so that there are two tables:
 * {@code sum + 256 = 16 * high + low} with low from 0 to 15 and high from 0 to 31. Eight of either
 * fit into a byte without sign, and 128 groups of eight into 16 bits. All sums are exact.
 */
final class NarrowLookup extends LookupLinear {
  static final int TILE = 16;

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;

  /** Their tables have 12 KB. */
  private static final int MAX_PIECE = 768;

  /** Steps that are added up in bytes: four, of two indices each. */
  private static final int GROUP = 4;

  /** What {@link Input#tables} adds to the sum of a pair. */
  private static final int PAIR_OFFSET = 256;

  /** Bytes of two pairs, for packed weights. */
  static final byte[] PAIR_INDICES = indices((first, second) -> first | second << 4);

  static final byte[] BOTH_PAIRS = bothPairs(PAIR_INDICES);

  private static final short INDEX = 15;
  private static final short ELEVEN = 11;
  private static final short THREE = 3;
  private static final short ONE = 1;

  NarrowLookup(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    super(
        matrix,
        codes,
        InputForm.LOOKUP,
        TILE,
        MAX_PIECE,
        Input.pad(matrix.cols()),
        twins,
        arena,
        pool);
  }

  @Override
  public int gemmTokens() {
    return 16;
  }

  @Override
  int place(int row) {
    return row % 4 * 4 + row / 4;
  }

  @Override
  int rowAt(int place) {
    return place(place); // A transposition of 4 x 4.
  }

  @Override
  byte[] indices() {
    return PAIR_INDICES;
  }

  @Override
  byte[] bothPairs() {
    return BOTH_PAIRS;
  }

  @Override
  void unpack(long from, int steps, short[] panel, int at) {
    unpackPairs(tiles, from, steps, panel, at);
  }

  /** Writes the weights of a tile of 16 rows whose bytes hold two pairs. */
  static void unpackPairs(MemorySegment tiles, long from, int steps, short[] panel, int at) {
    for (int lane = 0; lane < TILE; lane += ROW_SHORT.length()) {
      unpackLanes(tiles, from + lane, steps, panel, at + lane);
    }
  }

  private static void unpackLanes(
      MemorySegment tiles, long from, int steps, short[] panel, int at) {
    for (int s = 0; s < steps; s += 2) {
      int to = at + s * STEP * Gemm.ROWS;
      ShortVector v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, from + (long) s * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      // index / 3 = index * 11 / 32 for all nine
      ShortVector index = v.and(INDEX);
      IntVector third = index.mul(ELEVEN).reinterpretAsInts().lanewise(LSHR, 5);
      ShortVector first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + Gemm.ROWS);
      index = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 2 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 3 * Gemm.ROWS);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, from + (s + 1L) * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      index = v.and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 4 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 5 * Gemm.ROWS);
      index = v.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsShorts().and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 6 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 7 * Gemm.ROWS);
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
    int table = (token * Input.pad(cols()) + column) / 2 * Input.TABLE_BYTES;
    short[] bytes = scratch.shorts(2 * TILE);
    lookUp(tiles, first, in.tables, table, steps / GROUP, bytes, sums, at);
    if (second != first) {
      lookUp(tiles, second, in.tables, table, steps / GROUP, bytes, sums, at + TILE);
    }
  }

  private static void lookUp(
      MemorySegment tiles,
      long tile,
      byte[] tables,
      int table,
      int groups,
      short[] bytes,
      int[] sums,
      int at) {
    ShortVector zero = ShortVector.zero(SHORTS);
    ShortVector low = zero;
    ShortVector lowOdd = zero;
    ShortVector high = zero;
    ShortVector highOdd = zero;
    for (int g = 0; g < groups; g++) {
      ByteVector none = ByteVector.zero(BYTES);
      ByteVector lows = none;
      ByteVector highs = none;
      for (int k = 0; k < GROUP; k++) {
        int s = g * GROUP + k;
        int t = table + s * 2 * Input.TABLE_BYTES;
        ByteVector first = ByteVector.fromMemorySegment(BYTES, tiles, tile + s * 16L, ORDER);
        ByteVector second = first.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsBytes();
        ByteVector l = first.selectFrom(ByteVector.fromArray(BYTES, tables, t));
        ByteVector h = first.selectFrom(ByteVector.fromArray(BYTES, tables, t + 16));
        lows = l.add(second.selectFrom(ByteVector.fromArray(BYTES, tables, t + 32))).add(lows);
        highs = h.add(second.selectFrom(ByteVector.fromArray(BYTES, tables, t + 48))).add(highs);
      }
      // As shorts: b0 + 256 * b1 and b2 + 256 * b3; shifted: b1 + 256 * b2 and b3.
      ShortVector shorts = none.add(lows).reinterpretAsShorts();
      low = shorts.add(low);
      lowOdd = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(lowOdd);
      shorts = none.add(highs).reinterpretAsShorts();
      high = shorts.add(high);
      highOdd = shorts.reinterpretAsInts().lanewise(LSHR, 8).reinterpretAsShorts().add(highOdd);
    }
    zero.add(low).intoArray(bytes, 0);
    zero.add(lowOdd).intoArray(bytes, 8);
    zero.add(high).intoArray(bytes, 16);
    zero.add(highOdd).intoArray(bytes, 24);
    // All modulo 2^16. The last byte's sum stands alone, and takes us to the one before it.
    int offset = groups * GROUP * 2 * PAIR_OFFSET;
    for (int i = 0; i < TILE / 4; i++) {
      int l3 = bytes[9 + 2 * i] & 0xffff;
      int h3 = bytes[25 + 2 * i] & 0xffff;
      int l2 = bytes[1 + 2 * i] - (l3 << 8) & 0xffff;
      int h2 = bytes[17 + 2 * i] - (h3 << 8) & 0xffff;
      int l1 = bytes[8 + 2 * i] - (l2 << 8) & 0xffff;
      int h1 = bytes[24 + 2 * i] - (h2 << 8) & 0xffff;
      int l0 = bytes[2 * i] - (l1 << 8) & 0xffff;
      int h0 = bytes[16 + 2 * i] - (h1 << 8) & 0xffff;
      sums[at + i] += l0 + 16 * h0 - offset;
      sums[at + i + 4] += l1 + 16 * h1 - offset;
      sums[at + i + 8] += l2 + 16 * h2 - offset;
      sums[at + i + 12] += l3 + 16 * h3 - offset;
    }
  }
}
