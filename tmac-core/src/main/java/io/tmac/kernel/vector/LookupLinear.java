package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_BYTE;
import static io.tmac.kernel.vector.Species.ROW_SHORT;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Ternary weights by table lookup (T-MAC, Wei et al. 2024, section 3): two weights form one of nine
 * indices into a table of the sums of their two inputs, and one byte shuffle looks up 16 rows.
 *
 * <pre>
 *   tile of 16 rows:  [step of 4 columns]
 *   step (16 bytes):  byte r holds, for row r, the index of columns 0 and 1 in its low half
 *                     and that of columns 2 and 3 in its high half; index = (w0 + 1) * 3 + w1 + 1
 * </pre>
 *
 * <p>A sum of two int8 inputs has nine bits, a table entry eight, so that there are two tables:
 * {@code sum + 256 = 16 * high + low} with low from 0 to 15 and high from 0 to 31. Eight of either
 * fit into a byte without sign, and 128 groups of eight into 16 bits. All sums are exact.
 */
final class LookupLinear extends TiledLinear {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;
  private static final int STEP = 4;

  /** Steps that are added up in bytes: four, of two indices each. */
  private static final int GROUP = 4;

  /** Groups that are added up in shorts. */
  private static final int MAX_GROUPS = 128;

  /** What {@link Input#tables} adds to the sum of a pair. */
  private static final int PAIR_OFFSET = 256;

  private static final short BYTE = 0xff;

  /** Columns that add up in 16 bits: {@code 256 * 127 < 32768}. */
  private static final int EXACT_COLS = 256;

  private static final short INDEX = 15;
  private static final short ELEVEN = 11;
  private static final short THREE = 3;
  private static final short ONE = 1;

  /** The scale of each row's blocks, {@code [rows x blocks]}. */
  private final float[] scales;

  private final int blockSize;

  LookupLinear(Matrix matrix, BlockCodes codes, Arena arena, WorkerPool pool) {
    super(matrix, InputForm.LOOKUP, Input.pad(matrix.cols()) / STEP * TILE, arena);
    int size = codes.blockSize(matrix.cols());
    this.blockSize = size == matrix.cols() ? Input.pad(size) : size;
    this.scales = new float[matrix.rows() * (matrix.cols() / size)];
    pack(matrix, codes, pool);
  }

  @Override
  public long bytes() {
    return super.bytes() + 4L * scales.length;
  }

  @Override
  void packRow(int row, byte[] codes, float[] rowScales) {
    long at = (long) (row / TILE) * tileBytes + row % TILE;
    for (int c = 0; c < codes.length; c += STEP, at += TILE) {
      int low = (codes[c] + 1) * 3 + codes[c + 1] + 1;
      int high = (codes[c + 2] + 1) * 3 + codes[c + 3] + 1;
      tiles.set(ValueLayout.JAVA_BYTE, at, (byte) (low | high << 4));
    }
    System.arraycopy(rowScales, 0, scales, row * rowScales.length, rowScales.length);
  }

  @Override
  int exactCols() {
    return EXACT_COLS;
  }

  @Override
  int scaleCols(QuantizedInput q) {
    return Math.min(blockSize, q.blockSize());
  }

  @Override
  void unpackCodes(long tile, int firstCol, int cols, short[] panel, int at) {
    for (int lane = 0; lane < TILE; lane += ROW_SHORT.length()) {
      long from = tile + (long) firstCol / STEP * TILE + lane;
      unpackLanes(tiles, from, cols / STEP, panel, at + lane);
    }
  }

  @Override
  void unpackScales(long tile, int row, int firstCol, int cols, float[] out, int at) {
    int blocks = scales.length / rows();
    int count = Math.min(TILE, rows() - row);
    for (int c = 0; c < cols; c += Input.BLOCK) {
      for (int i = 0; i < count; i++) {
        int block = (firstCol + c) / blockSize;
        out[c / Input.BLOCK * Gemm.ROWS + at + i] = scales[(row + i) * blocks + block];
      }
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
      IntVector third = index.mul(ELEVEN).reinterpretAsInts().lanewise(VectorOperators.LSHR, 5);
      ShortVector first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + Gemm.ROWS);
      index =
          v.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts().and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(VectorOperators.LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 2 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 3 * Gemm.ROWS);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, from + (s + 1L) * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      index = v.and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(VectorOperators.LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 4 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 5 * Gemm.ROWS);
      index =
          v.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts().and(INDEX);
      third = index.mul(ELEVEN).reinterpretAsInts().lanewise(VectorOperators.LSHR, 5);
      first = third.reinterpretAsShorts().and(THREE);
      first.sub(ONE).intoArray(panel, to + 6 * Gemm.ROWS);
      index.sub(first.mul(THREE)).sub(ONE).intoArray(panel, to + 7 * Gemm.ROWS);
    }
  }

  @Override
  void multiplyTile(Input in, int token, int row, long tile, Scratch scratch) {
    QuantizedInput q = in.quantized(form());
    int table = token * (q.paddedCols() / 2) * Input.TABLE_BYTES;
    int blocks = q.paddedCols() / blockSize;
    int count = Math.min(TILE, rows() - row);
    int[] sums = scratch.ints;
    float[] y = scratch.floats;
    Arrays.fill(y, 0, TILE, 0);
    for (int b = 0; b < blocks; b++) {
      Arrays.fill(sums, 0, TILE, 0);
      int end = (b + 1) * blockSize / STEP;
      for (int s = b * blockSize / STEP; s < end; s += MAX_GROUPS * GROUP) {
        int groups = Math.min(MAX_GROUPS, (end - s) / GROUP);
        lookUp(tiles, tile, in.tables, table, s, groups, scratch.shorts(2 * TILE), sums);
      }
      for (int i = 0; i < count; i++) {
        y[i] += sums[i] * (scales[(row + i) * blocks + b] * q.scales[token]);
      }
    }
  }

  /** Adds the products of {@code groups * GROUP} steps from {@code step} on to 16 sums. */
  private static void lookUp(
      MemorySegment tiles,
      long tile,
      byte[] tables,
      int table,
      int step,
      int groups,
      short[] halves,
      int[] sums) {
    ShortVector zero = ShortVector.zero(SHORTS);
    ShortVector low0 = zero;
    ShortVector low1 = low0;
    ShortVector high0 = low0;
    ShortVector high1 = low0;
    for (int g = 0; g < groups; g++) {
      ByteVector none = ByteVector.zero(BYTES);
      ByteVector low = none;
      ByteVector high = none;
      for (int k = 0; k < GROUP; k++) {
        int s = step + g * GROUP + k;
        int at = table + s * 2 * Input.TABLE_BYTES;
        ByteVector first = ByteVector.fromMemorySegment(BYTES, tiles, tile + s * 16L, ORDER);
        ByteVector second =
            first.reinterpretAsInts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
        ByteVector lows = first.selectFrom(ByteVector.fromArray(BYTES, tables, at));
        ByteVector highs = first.selectFrom(ByteVector.fromArray(BYTES, tables, at + 16));
        low = lows.add(second.selectFrom(ByteVector.fromArray(BYTES, tables, at + 32))).add(low);
        high = highs.add(second.selectFrom(ByteVector.fromArray(BYTES, tables, at + 48))).add(high);
      }
      // A short holds the bytes of two rows. Adding it whole and the upper byte alone is enough.
      ShortVector lowShorts = none.add(low).reinterpretAsShorts();
      ShortVector highShorts = none.add(high).reinterpretAsShorts();
      low0 = lowShorts.add(low0);
      low1 =
          lowShorts
              .reinterpretAsInts()
              .lanewise(VectorOperators.LSHR, 8)
              .reinterpretAsShorts()
              .and(BYTE)
              .add(low1);
      high0 = highShorts.add(high0);
      high1 =
          highShorts
              .reinterpretAsInts()
              .lanewise(VectorOperators.LSHR, 8)
              .reinterpretAsShorts()
              .and(BYTE)
              .add(high1);
    }
    zero.add(low0).intoArray(halves, 0);
    zero.add(low1).intoArray(halves, 8);
    zero.add(high0).intoArray(halves, 16);
    zero.add(high1).intoArray(halves, 24);
    int offset = groups * GROUP * 2 * PAIR_OFFSET;
    for (int i = 0; i < TILE / 2; i++) {
      int odd = halves[8 + i];
      int oddHigh = halves[24 + i];
      int even = (short) (halves[i] - (odd << 8));
      int evenHigh = (short) (halves[16 + i] - (oddHigh << 8));
      sums[2 * i] += even + 16 * evenHigh - offset;
      sums[2 * i + 1] += odd + 16 * oddHigh - offset;
    }
  }
}
