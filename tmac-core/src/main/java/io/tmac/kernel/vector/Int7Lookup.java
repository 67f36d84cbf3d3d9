package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ORDER;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.B2S;
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
import jdk.incubator.vector.VectorSpecies;

/**
 * Lookup of 16 rows of inputs with 7 bits: the sum of two fits a byte, and one table does.
 *
 * <pre>
 *   step (16 bytes):  row r in byte r % 8 * 2 + r / 8: the index of columns 0 and 1 in its low half
 *                     and that of columns 2 and 3 in its high half, as in {@link NarrowLookup}
 * </pre>
 */
final class Int7Lookup extends LookupLinear {
  static final int TILE = 16;

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  /** Sums of 256 pairs fit into 16 bits: {@code 256 * 126 < 32768}. */
  private static final int MAX_PIECE = 1024;

  Int7Lookup(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    super(
        matrix,
        codes,
        InputForm.INT7_LOOKUP,
        TILE,
        MAX_PIECE,
        Input.INT7_BLOCK,
        twins,
        arena,
        pool);
  }

  @Override
  public int gemmTokens() {
    return 64;
  }

  @Override
  int place(int row) {
    return row % 8 * 2 + row / 8;
  }

  @Override
  int rowAt(int place) {
    return place % 2 * 8 + place / 2;
  }

  @Override
  byte[] indices() {
    return NarrowLookup.PAIR_INDICES;
  }

  @Override
  byte[] bothPairs() {
    return NarrowLookup.BOTH_PAIRS;
  }

  @Override
  void unpack(long from, int steps, short[] panel, int at) {
    NarrowLookup.unpackPairs(tiles, from, steps, panel, at);
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
    lookUp(in, token, column, steps, first, sums, at);
    if (second != first) {
      lookUp(in, token, column, steps, second, sums, at + TILE);
    }
  }

  private void lookUp(Input in, int token, int column, int steps, long tile, int[] sums, int at) {
    MemorySegment weights = tiles;
    byte[] tables = in.int7Tables;
    int table = (token * Input.pad(cols()) + column) / 2 * Input.INT7_TABLE_BYTES;
    ShortVector zero = ShortVector.zero(SHORTS);
    ShortVector first = zero;
    ShortVector second = zero;
    for (int s = 0; s < steps; s++) {
      int t = table + s * 2 * Input.INT7_TABLE_BYTES;
      ByteVector low = ByteVector.fromMemorySegment(BYTES, weights, tile + s * 16L, ORDER);
      ByteVector high = low.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsBytes();
      low = low.selectFrom(ByteVector.fromArray(BYTES, tables, t));
      first = ((ShortVector) low.convertShape(B2S, SHORTS, 0)).add(first);
      high = high.selectFrom(ByteVector.fromArray(BYTES, tables, t + 16));
      second = ((ShortVector) high.convertShape(B2S, SHORTS, 0)).add(second);
    }
    // An int lane holds rows r and r + 8.
    IntVector a = zero.add(first).reinterpretAsInts();
    IntVector b = zero.add(second).reinterpretAsInts();
    IntVector old = IntVector.fromArray(INTS, sums, at);
    a.lanewise(LSHL, 16)
        .lanewise(ASHR, 16)
        .add(b.lanewise(LSHL, 16).lanewise(ASHR, 16))
        .add(old)
        .intoArray(sums, at);
    old = IntVector.fromArray(INTS, sums, at + 8);
    a.lanewise(ASHR, 16).add(b.lanewise(ASHR, 16)).add(old).intoArray(sums, at + 8);
  }
}
