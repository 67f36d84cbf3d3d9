package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_FLOAT;
import static io.tmac.kernel.vector.Species.ROW_SHORT;
import static io.tmac.kernel.vector.Species.WIDE_INT;
import static io.tmac.kernel.vector.Species.WIDE_SHORT;

import io.tmac.kernel.Input;
import io.tmac.kernel.QuantizedInput;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** The vectors of {@link NibbleLinear}. */
final class NibbleKernels {
  /** Rows of a tile: one vector at least. */
  static final int ROWS = Math.max(16, WIDE_SHORT.length());

  /** Four columns of all rows of a tile. */
  static final int QUAD_BYTES = ROWS * Short.BYTES;

  /** Quads of half a block. */
  private static final int QUADS = Input.HALF_BLOCK / 4;

  /** What is added to codes, so that nibbles are not negative. */
  static final int OFFSET = 8;

  private static final int SCALES_BYTES = ROWS * Float.BYTES;
  private static final short NIBBLE = 15;

  private NibbleKernels() {}

  /** Writes the nibbles of some columns, less their offset, to {@code panel[column][at + row]}. */
  static void unpack(MemorySegment tiles, long from, int cols, short[] panel, int at) {
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

  /**
   * Writes the sums of two planes for each block, modulo 2^16.
   *
   * @param plane0 offset of one plane's quads, from the first row of the vectors on
   * @param plane1 the same of another plane
   * @param sums receives {@code [2 planes x blocks x rows]}
   * @param lane the first row of the vectors
   * @param second index of the sums of {@code plane1}
   */
  static void addProducts(
      MemorySegment tiles,
      long plane0,
      long plane1,
      QuantizedInput q,
      int token,
      short[] sums,
      int lane,
      int second) {
    int halves = q.paddedCols() / Input.HALF_BLOCK;
    int shift = q.blockSize() / Input.BLOCK; // 1 if a block has two halves
    int[] x = q.codes;
    int x0 = token * q.paddedCols();
    ShortVector zero = ShortVector.zero(WIDE_SHORT);
    ShortVector sum0 = zero;
    ShortVector sum1 = zero;
    for (int h = 0; h < halves; h++) {
      if ((h & shift) == 0) {
        sum0 = zero;
        sum1 = zero;
      }
      for (int k = 0; k < QUADS; k++) {
        long at = (long) (h * QUADS + k) * QUAD_BYTES;
        int c = x0 + 4 * (h * QUADS + k);
        ShortVector v = ShortVector.fromMemorySegment(WIDE_SHORT, tiles, plane0 + at, ORDER);
        ShortVector w = ShortVector.fromMemorySegment(WIDE_SHORT, tiles, plane1 + at, ORDER);
        IntVector vs = v.reinterpretAsInts();
        IntVector ws = w.reinterpretAsInts();
        ShortVector input = IntVector.broadcast(WIDE_INT, x[c]).reinterpretAsShorts();
        sum0 = v.and(NIBBLE).mul(input).add(sum0);
        sum1 = w.and(NIBBLE).mul(input).add(sum1);
        v = vs.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts();
        w = ws.lanewise(VectorOperators.LSHR, 4).reinterpretAsShorts();
        input = IntVector.broadcast(WIDE_INT, x[c + 1]).reinterpretAsShorts();
        sum0 = v.and(NIBBLE).mul(input).add(sum0);
        sum1 = w.and(NIBBLE).mul(input).add(sum1);
        v = vs.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts();
        w = ws.lanewise(VectorOperators.LSHR, 8).reinterpretAsShorts();
        input = IntVector.broadcast(WIDE_INT, x[c + 2]).reinterpretAsShorts();
        sum0 = v.and(NIBBLE).mul(input).add(sum0);
        sum1 = w.and(NIBBLE).mul(input).add(sum1);
        v = vs.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts();
        w = ws.lanewise(VectorOperators.LSHR, 12).reinterpretAsShorts();
        input = IntVector.broadcast(WIDE_INT, x[c + 3]).reinterpretAsShorts();
        sum0 = v.and(NIBBLE).mul(input).add(sum0);
        sum1 = w.and(NIBBLE).mul(input).add(sum1);
      }
      // The second half overwrites what the first one left.
      zero.add(sum0).intoArray(sums, (h >> shift) * ROWS + lane);
      zero.add(sum1).intoArray(sums, second + (h >> shift) * ROWS + lane);
    }
  }

  /**
   * Takes the offset out of the sums of two tiles, scales them, adds up the blocks, and adds the
   * sum of what their minimums add.
   *
   * @param toMinimums distance of minimums from scales, 0 if there are none
   * @param weightBlock columns that share a scale of the weights, one or two blocks of the input
   */
  static void scale(
      MemorySegment tiles,
      long scales0,
      long scales1,
      long toMinimums,
      int weightBlock,
      QuantizedInput q,
      int token,
      short[] sums,
      float[] out) {
    int blocks = q.blocks();
    int shift = weightBlock / q.blockSize() - 1;
    int s0 = token * blocks;
    int half = ROW_FLOAT.length();
    FloatVector zero = FloatVector.zero(ROW_FLOAT);
    for (int lane = 0; lane < ROWS; lane += 2 * half) {
      FloatVector y0 = zero;
      FloatVector y1 = zero;
      FloatVector y2 = zero;
      FloatVector y3 = zero;
      FloatVector z0 = zero;
      FloatVector z1 = zero;
      FloatVector z2 = zero;
      FloatVector z3 = zero;
      for (int b = 0; b < blocks; b++) {
        short offset = (short) (OFFSET * q.sums[s0 + b]);
        float scale = q.scales[s0 + b];
        ShortVector sum = ShortVector.fromArray(ROW_SHORT, sums, b * ROWS + lane).sub(offset);
        long at = scales0 + (long) (b >> shift) * SCALES_BYTES + 4L * lane;
        FloatVector w0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        FloatVector w1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at + 4L * half, ORDER);
        FloatVector f0 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
        FloatVector f1 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 1);
        y0 = f0.mul(w0.mul(scale)).add(y0);
        y1 = f1.mul(w1.mul(scale)).add(y1);
        float x = scale * q.sums[s0 + b];
        if (toMinimums != 0) {
          long m = at + toMinimums;
          z0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, m, ORDER).mul(x).add(z0);
          m += 4L * half;
          z1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, m, ORDER).mul(x).add(z1);
        }

        sum = ShortVector.fromArray(ROW_SHORT, sums, (blocks + b) * ROWS + lane).sub(offset);
        at = scales1 + (long) (b >> shift) * SCALES_BYTES + 4L * lane;
        w0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        w1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at + 4L * half, ORDER);
        f0 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
        f1 = (FloatVector) sum.convertShape(VectorOperators.S2F, ROW_FLOAT, 1);
        y2 = f0.mul(w0.mul(scale)).add(y2);
        y3 = f1.mul(w1.mul(scale)).add(y3);
        if (toMinimums != 0) {
          long m = at + toMinimums;
          z2 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, m, ORDER).mul(x).add(z2);
          m += 4L * half;
          z3 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, m, ORDER).mul(x).add(z3);
        }
      }
      zero.add(y0).add(z0).intoArray(out, lane);
      zero.add(y1).add(z1).intoArray(out, lane + half);
      zero.add(y2).add(z2).intoArray(out, ROWS + lane);
      zero.add(y3).add(z3).intoArray(out, ROWS + lane + half);
    }
  }

  /**
   * The same for one tile with two planes, {@code 16 * (high - 8) + low}. The low nibbles have no
   * offset, but less 8 their sums fit into 16 bits.
   */
  static void scalePlanes(
      MemorySegment tiles,
      long weightScales,
      long toMinimums,
      int weightBlock,
      QuantizedInput q,
      int token,
      short[] sums,
      float[] out,
      int to) {
    int blocks = q.blocks();
    int shift = weightBlock / q.blockSize() - 1;
    int s0 = token * blocks;
    FloatVector zero = FloatVector.zero(ROW_FLOAT);
    for (int lane = 0; lane < ROWS; lane += ROW_SHORT.length()) {
      FloatVector y0 = zero;
      FloatVector y1 = zero;
      FloatVector z0 = zero;
      FloatVector z1 = zero;
      for (int b = 0; b < blocks; b++) {
        int offset = OFFSET * q.sums[s0 + b];
        ShortVector low = ShortVector.fromArray(ROW_SHORT, sums, b * ROWS + lane);
        ShortVector high = ShortVector.fromArray(ROW_SHORT, sums, (blocks + b) * ROWS + lane);
        low = low.sub((short) offset);
        high = high.sub((short) offset);
        float scale = q.scales[s0 + b];
        long at = weightScales + (long) (b >> shift) * SCALES_BYTES + 4L * lane;
        FloatVector w0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        at += 4L * ROW_FLOAT.length();
        FloatVector w1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER);
        // All sums are integers below 2^24, and exact as floats.
        FloatVector f0 = (FloatVector) low.convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
        FloatVector f1 = (FloatVector) low.convertShape(VectorOperators.S2F, ROW_FLOAT, 1);
        FloatVector g0 = (FloatVector) high.convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
        FloatVector g1 = (FloatVector) high.convertShape(VectorOperators.S2F, ROW_FLOAT, 1);
        f0 = g0.mul(16).add(f0).add(offset);
        f1 = g1.mul(16).add(f1).add(offset);
        y0 = f0.mul(w0.mul(scale)).add(y0);
        y1 = f1.mul(w1.mul(scale)).add(y1);
        if (toMinimums != 0) {
          float x = scale * q.sums[s0 + b];
          at += toMinimums;
          z1 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER).mul(x).add(z1);
          at -= 4L * ROW_FLOAT.length();
          z0 = FloatVector.fromMemorySegment(ROW_FLOAT, tiles, at, ORDER).mul(x).add(z0);
        }
      }
      zero.add(y0).add(z0).intoArray(out, to + lane);
      zero.add(y1).add(z1).intoArray(out, to + lane + ROW_FLOAT.length());
    }
  }
}
