package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT_LE;
import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_FLOAT;
import static io.tmac.kernel.vector.Species.ROW_SHORT;
import static io.tmac.kernel.vector.Species.WIDE_INT;
import static io.tmac.kernel.vector.Species.WIDE_SHORT;

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
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Four-bit codes times int8 inputs in 16-bit lanes.
 *
 * <pre>
 *   tile of 16 rows, or of 32 with vectors of 512 bits:
 *     cols / 4 x rows x int16     for each four columns, for each row: their codes + 8, first lowest
 *     cols / 32 x rows x float32  for each block of 32 columns the scale of each row
 * </pre>
 *
 * <p>Products are added modulo 2^16 from the first column to the last, and the running sum at the
 * end of each block is kept: the difference of two neighbours is the sum of a block, less {@code 8
 * * sum(x)} for the offset. {@code |sum(code * x)| <= 32 * 8 * 127} fits into 16 bits, so it is
 * exact. A loop within a block instead would be too short for C2 to lift the bounds checks out of
 * it; that was 1.2 times slower.
 */
final class Int4Linear extends TiledLinear {
  /** Rows of a tile: one vector at least. */
  private static final int ROWS = Math.max(TILE, WIDE_SHORT.length());

  private static final int BLOCK = Input.BLOCK;
  private static final int QUADS = BLOCK / 4;
  private static final int QUAD_BYTES = ROWS * Short.BYTES;
  private static final int SCALES_BYTES = ROWS * Float.BYTES;
  private static final int BLOCK_BYTES = QUADS * QUAD_BYTES + SCALES_BYTES;
  private static final int OFFSET = 8;

  /** Running sums that are kept per block: one for each two quads. */
  private static final int SUMS = QUADS / 2;

  private static final short NIBBLE = 15;
  private static final ValueLayout.OfShort SHORT_LE =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  private final int weightBlock;

  Int4Linear(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    super(matrix, InputForm.INT8_BLOCKS, ROWS, matrix.cols() / BLOCK * BLOCK_BYTES, twins, arena);
    this.weightBlock = codes.blockSize(matrix.cols());
    pack(matrix, codes, pool);
  }

  @Override
  void packRow(int row, byte[] codes, float[] scales) {
    long tile = (long) (row / ROWS) * tileBytes;
    int lane = row % ROWS;
    for (int c = 0; c < cols(); c += 4) {
      int quad = 0;
      for (int k = 0; k < 4; k++) {
        quad |= (codes[c + k] + OFFSET) << (4 * k);
      }
      tiles.set(SHORT_LE, tile + (long) (c / 4) * QUAD_BYTES + 2L * lane, (short) quad);
    }
    for (int b = 0; b < cols() / BLOCK; b++) {
      long at = scalesOffset(tile, cols() / BLOCK) + (long) b * SCALES_BYTES + 4L * lane;
      tiles.set(FLOAT_LE, at, scales[b * BLOCK / weightBlock]);
    }
  }

  private static long scalesOffset(long tile, int blocks) {
    return tile + (long) blocks * QUADS * QUAD_BYTES;
  }

  @Override
  public int exactCols() {
    return BLOCK;
  }

  @Override
  void unpackCodes(long tile, int firstCol, int cols, short[] panel, int at) {
    for (int lane = 0; lane < ROWS; lane += ROW_SHORT.length()) {
      unpackLanes(tiles, tile + firstCol / 4L * QUAD_BYTES + 2L * lane, cols, panel, at + lane);
    }
  }

  @Override
  void unpackScales(long tile, int row, int firstCol, int cols, float[] scales, int at) {
    long from = scalesOffset(tile, cols() / BLOCK) + (long) firstCol / BLOCK * SCALES_BYTES;
    for (int b = 0; b < cols / BLOCK; b++, from += SCALES_BYTES) {
      MemorySegment.copy(tiles, FLOAT_LE, from, scales, b * Gemm.ROWS + at, ROWS);
    }
  }

  private static void unpackLanes(MemorySegment tiles, long from, int cols, short[] panel, int at) {
    for (int k = 0; k < cols / 4; k += 2) {
      int to = 4 * k * Gemm.ROWS + at;
      IntVector v =
          ShortVector.fromMemorySegment(ROW_SHORT, tiles, from + (long) k * QUAD_BYTES, ORDER)
              .reinterpretAsInts();
      ShortVector codes = v.reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to);
      codes = v.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + Gemm.ROWS);
      codes = v.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 2 * Gemm.ROWS);
      codes = v.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 3 * Gemm.ROWS);
      v =
          ShortVector.fromMemorySegment(ROW_SHORT, tiles, from + (k + 1L) * QUAD_BYTES, ORDER)
              .reinterpretAsInts();
      codes = v.reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 4 * Gemm.ROWS);
      codes = v.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 5 * Gemm.ROWS);
      codes = v.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 6 * Gemm.ROWS);
      codes = v.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts().and(NIBBLE);
      codes.sub((short) OFFSET).intoArray(panel, to + 7 * Gemm.ROWS);
    }
  }

  @Override
  void multiplyTile(Input in, int token, long tile, Scratch scratch) {
    QuantizedInput q = in.quantized(form(1));
    short[] running = scratch.shorts((q.blocks() * SUMS + 1) * ROWS);
    for (int lane = 0; lane < ROWS; lane += WIDE_SHORT.length()) {
      addProducts(tiles, tile + 2L * lane, q, token, running, lane);
    }
    scale(tiles, scalesOffset(tile, q.blocks()), q, token, running, scratch.floats);
  }

  @Override
  void multiplyTilePlain(QuantizedInput q, int token, long tile, Scratch scratch) {
    int[] sums = scratch.ints;
    float[] y = scratch.floats;
    Arrays.fill(y, 0, ROWS, 0);
    long weightScales = scalesOffset(tile, q.blocks());
    int x = token * q.paddedCols();
    for (int b = 0; b < q.blocks(); b++) {
      Arrays.fill(sums, 0, ROWS, 0);
      for (int k = b * QUADS; k < (b + 1) * QUADS; k++, x += 4) {
        int x0 = QuantizedInput.code(q.codes[x]);
        int x1 = QuantizedInput.code(q.codes[x + 1]);
        int x2 = QuantizedInput.code(q.codes[x + 2]);
        int x3 = QuantizedInput.code(q.codes[x + 3]);
        long quads = tile + (long) k * QUAD_BYTES;
        for (int lane = 0; lane < ROWS; lane++) {
          int quad = tiles.get(SHORT_LE, quads + 2L * lane);
          int low = (quad & 15) * x0 + (quad >> 4 & 15) * x1;
          sums[lane] += low + (quad >> 8 & 15) * x2 + (quad >> 12 & 15) * x3;
        }
      }
      int offset = OFFSET * q.sums[token * q.blocks() + b];
      float scale = q.scales[token * q.blocks() + b];
      for (int lane = 0; lane < ROWS; lane++) {
        float w = tiles.get(FLOAT_LE, weightScales + (long) b * SCALES_BYTES + 4L * lane);
        y[lane] += (sums[lane] - offset) * (w * scale);
      }
    }
  }

  /** Writes the running sums behind every {@code BLOCK / SUMS} columns. */
  private static void addProducts(
      MemorySegment tiles, long quads, QuantizedInput q, int token, short[] running, int lane) {
    int count = q.blocks() * SUMS;
    int[] x = q.codes;
    int x0 = token * q.paddedCols();
    ShortVector sum = ShortVector.zero(WIDE_SHORT);
    sum.intoArray(running, lane);
    for (int k = 0; k < count; k++) {
      long at = quads + (long) k * (2 * QUAD_BYTES);
      int c = x0 + 8 * k;
      ShortVector v = ShortVector.fromMemorySegment(WIDE_SHORT, tiles, at, ORDER);
      IntVector ints = v.reinterpretAsInts();
      ShortVector input = IntVector.broadcast(WIDE_INT, x[c]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 1]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 2]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 3]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);

      v = ShortVector.fromMemorySegment(WIDE_SHORT, tiles, at + QUAD_BYTES, ORDER);
      ints = v.reinterpretAsInts();
      input = IntVector.broadcast(WIDE_INT, x[c + 4]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 5]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 6]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      v = ints.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts();
      input = IntVector.broadcast(WIDE_INT, x[c + 7]).reinterpretAsShorts();
      sum = v.and(NIBBLE).mul(input).add(sum);
      sum.intoArray(running, k * ROWS + ROWS + lane);
    }
  }

  /** Takes the sums of the blocks out of the running sums, scales them and adds them up. */
  private static void scale(
      MemorySegment tiles,
      long weightScales,
      QuantizedInput q,
      int token,
      short[] running,
      float[] out) {
    int blocks = q.blocks();
    int s0 = token * blocks;
    FloatVector zero = FloatVector.zero(ROW_FLOAT);
    for (int lane = 0; lane < ROWS; lane += ROW_SHORT.length()) {
      FloatVector y0 = zero;
      FloatVector y1 = zero;
      for (int b = 0; b < blocks; b++) {
        int begin = b * SUMS * ROWS + lane;
        int end = begin + SUMS * ROWS;
        ShortVector before = ShortVector.fromArray(ROW_SHORT, running, begin);
        ShortVector sum = ShortVector.fromArray(ROW_SHORT, running, end).sub(before);
        sum = sum.sub((short) (OFFSET * q.sums[s0 + b]));
        float scale = q.scales[s0 + b];
        long at = weightScales + (long) b * SCALES_BYTES + 4L * lane;
        FloatVector w0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        at += 4L * ROW_FLOAT.length();
        FloatVector w1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        FloatVector f0 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
        FloatVector f1 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 1);
        y0 = f0.mul(w0.mul(scale)).add(y0);
        y1 = f1.mul(w1.mul(scale)).add(y1);
      }
      zero.add(y0).intoArray(out, lane);
      zero.add(y1).intoArray(out, lane + ROW_FLOAT.length());
    }
  }
}
