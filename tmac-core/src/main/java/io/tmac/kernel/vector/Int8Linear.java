package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT_LE;
import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_BYTE;
import static io.tmac.kernel.vector.Species.ROW_FLOAT;
import static io.tmac.kernel.vector.Species.ROW_INT;
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
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Eight-bit codes times int8 inputs.
 *
 * <pre>
 *   tile of 16 rows:  [block of 32 columns]
 *   block (576 bytes):
 *     16 x float32     scale of each row
 *     32 x 16 x int8   for each column the code of each row
 * </pre>
 *
 * <p>Two products fit into 16 bits ({@code 2 * 128 * 127 < 32768}); pairs are widened and added.
 */
final class Int8Linear extends TiledLinear {
  private static final int BLOCK = Input.BLOCK;
  private static final int SCALES = TILE * Float.BYTES;
  private static final int BLOCK_BYTES = SCALES + BLOCK * TILE;

  private final int weightBlock;

  Int8Linear(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    super(matrix, InputForm.INT8_BLOCKS, TILE, matrix.cols() / BLOCK * BLOCK_BYTES, twins, arena);
    this.weightBlock = codes.blockSize(matrix.cols());
    pack(matrix, codes, pool);
  }

  @Override
  void packRow(int row, byte[] codes, float[] scales) {
    long tile = (long) (row / TILE) * tileBytes;
    int lane = row % TILE;
    for (int c = 0; c < cols(); c++) {
      long block = tile + (long) (c / BLOCK) * BLOCK_BYTES;
      if (c % BLOCK == 0) {
        tiles.set(FLOAT_LE, block + (long) lane * Float.BYTES, scales[c / weightBlock]);
      }
      tiles.set(ValueLayout.JAVA_BYTE, block + SCALES + (long) (c % BLOCK) * TILE + lane, codes[c]);
    }
  }

  @Override
  public int exactCols() {
    return BLOCK;
  }

  @Override
  public int planes() {
    return 2;
  }

  @Override
  void unpackCodes(long tile, int firstCol, int cols, short[] panel, int at) {
    for (int b = 0; b < cols / BLOCK; b++) {
      long codes = tile + (long) (firstCol / BLOCK + b) * BLOCK_BYTES + SCALES;
      for (int lane = 0; lane < TILE; lane += ROW_SHORT.length()) {
        unpackLanes(tiles, codes + lane, panel, b * BLOCK * Gemm.ROWS + at + lane);
      }
    }
  }

  @Override
  void unpackScales(long tile, int row, int firstCol, int cols, float[] scales, int at) {
    for (int b = 0; b < cols / BLOCK; b++) {
      long from = tile + (long) (firstCol / BLOCK + b) * BLOCK_BYTES;
      MemorySegment.copy(tiles, FLOAT_LE, from, scales, b * Gemm.ROWS + at, TILE);
    }
  }

  /** Splits each code of a block into {@code 16 * high + low} with both from -8 to 8. */
  private static void unpackLanes(MemorySegment tiles, long from, short[] panel, int at) {
    short middle = 8;
    short bias = 128;
    short mask = 15;
    int planes = Gemm.COLS * Gemm.ROWS;
    for (int k = 0; k < BLOCK; k += 4) {
      long code = from + (long) k * TILE;
      int to = at + k * Gemm.ROWS;
      ShortVector v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, code, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      ShortVector low = v.add(middle).and(mask).sub(middle);
      low.intoArray(panel, to);
      // A multiple of 16 from 0 to 256: a shift as ints moves no bits between neighbours.
      IntVector high = v.sub(low).add(bias).reinterpretAsInts().lanewise(VectorOperators.LSHR, 4);
      high.reinterpretAsShorts().sub(middle).intoArray(panel, to + planes);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, code + TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      low = v.add(middle).and(mask).sub(middle);
      low.intoArray(panel, to + Gemm.ROWS);
      high = v.sub(low).add(bias).reinterpretAsInts().lanewise(VectorOperators.LSHR, 4);
      high.reinterpretAsShorts().sub(middle).intoArray(panel, to + planes + Gemm.ROWS);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, code + 2 * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      low = v.add(middle).and(mask).sub(middle);
      low.intoArray(panel, to + 2 * Gemm.ROWS);
      high = v.sub(low).add(bias).reinterpretAsInts().lanewise(VectorOperators.LSHR, 4);
      high.reinterpretAsShorts().sub(middle).intoArray(panel, to + planes + 2 * Gemm.ROWS);
      v =
          (ShortVector)
              ByteVector.fromMemorySegment(ROW_BYTE, tiles, code + 3 * TILE, ORDER)
                  .convertShape(VectorOperators.B2S, ROW_SHORT, 0);
      low = v.add(middle).and(mask).sub(middle);
      low.intoArray(panel, to + 3 * Gemm.ROWS);
      high = v.sub(low).add(bias).reinterpretAsInts().lanewise(VectorOperators.LSHR, 4);
      high.reinterpretAsShorts().sub(middle).intoArray(panel, to + planes + 3 * Gemm.ROWS);
    }
  }

  @Override
  void multiplyTile(Input in, int token, long tile, Scratch scratch) {
    for (int lane = 0; lane < TILE; lane += ROW_SHORT.length()) {
      multiplyLanes(tiles, tile, in.quantized(form(1)), token, lane, scratch.floats);
    }
  }

  @Override
  void multiplyTilePlain(QuantizedInput q, int token, long tile, Scratch scratch) {
    int[] sums = scratch.ints;
    float[] y = scratch.floats;
    Arrays.fill(y, 0, TILE, 0);
    for (int b = 0; b < q.blocks(); b++) {
      Arrays.fill(sums, 0, TILE, 0);
      long block = tile + (long) b * BLOCK_BYTES;
      int x0 = token * q.paddedCols() + b * BLOCK;
      for (int k = 0; k < BLOCK; k++) {
        int x = QuantizedInput.code(q.codes[x0 + k]);
        long codes = block + SCALES + (long) k * TILE;
        for (int lane = 0; lane < TILE; lane++) {
          sums[lane] += tiles.get(ValueLayout.JAVA_BYTE, codes + lane) * x;
        }
      }
      float scale = q.scales[token * q.blocks() + b];
      for (int lane = 0; lane < TILE; lane++) {
        y[lane] += sums[lane] * (tiles.get(FLOAT_LE, block + 4L * lane) * scale);
      }
    }
  }

  private static void multiplyLanes(
      MemorySegment tiles, long tile, QuantizedInput q, int token, int lane, float[] out) {
    int blocks = q.blocks();
    int[] x = q.codes;
    int x0 = token * q.paddedCols();
    int s0 = token * blocks;
    float[] scales = q.scales;
    FloatVector zero = FloatVector.zero(ROW_FLOAT);
    FloatVector y0 = zero;
    FloatVector y1 = y0;
    for (int b = 0; b < blocks; b++) {
      long block = tile + (long) b * BLOCK_BYTES;
      long codes = block + SCALES + lane;
      int xb = x0 + b * BLOCK;
      IntVector none = IntVector.zero(ROW_INT);
      IntVector sum0 = none;
      IntVector sum1 = sum0;
      for (int k = 0; k < BLOCK; k += 2) {
        ByteVector c0 =
            ByteVector.fromMemorySegment(ROW_BYTE, tiles, codes + (long) k * TILE, ORDER);
        ByteVector c1 =
            ByteVector.fromMemorySegment(ROW_BYTE, tiles, codes + (k + 1L) * TILE, ORDER);
        ShortVector p0 = (ShortVector) c0.convertShape(VectorOperators.B2S, ROW_SHORT, 0);
        ShortVector p1 = (ShortVector) c1.convertShape(VectorOperators.B2S, ROW_SHORT, 0);
        ShortVector v0 = IntVector.broadcast(ROW_INT, x[xb + k]).reinterpretAsShorts();
        ShortVector v1 = IntVector.broadcast(ROW_INT, x[xb + k + 1]).reinterpretAsShorts();
        ShortVector p = p0.mul(v0).add(p1.mul(v1));
        sum0 = ((IntVector) p.convertShape(VectorOperators.S2I, ROW_INT, 0)).add(sum0);
        sum1 = ((IntVector) p.convertShape(VectorOperators.S2I, ROW_INT, 1)).add(sum1);
      }
      float scale = scales[s0 + b];
      long s = block + (long) lane * Float.BYTES;
      FloatVector w0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, s, ORDER);
      FloatVector w1 =
          FloatVector.fromMemorySegment(
              ROW_FLOAT, tiles, s + (long) ROW_FLOAT.length() * Float.BYTES, ORDER);
      FloatVector f0 = (FloatVector) none.add(sum0).convertShape(VectorOperators.I2F, ROW_FLOAT, 0);
      FloatVector f1 = (FloatVector) none.add(sum1).convertShape(VectorOperators.I2F, ROW_FLOAT, 0);
      y0 = f0.mul(w0.mul(scale)).add(y0);
      y1 = f1.mul(w1.mul(scale)).add(y1);
    }
    zero.add(y0).intoArray(out, lane);
    zero.add(y1).intoArray(out, lane + ROW_FLOAT.length());
  }
}
