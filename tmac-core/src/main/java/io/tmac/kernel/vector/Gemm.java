package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.HALF_SHORT;
import static io.tmac.kernel.vector.Species.ROW_FLOAT;
import static io.tmac.kernel.vector.Species.WIDE_INT;
import static io.tmac.kernel.vector.Species.WIDE_SHORT;

import io.tmac.kernel.Input;
import io.tmac.kernel.Panel;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Integer codes times int8 inputs of several tokens, as outer products (Goto and van de Geijn 2008,
 * section 4): a panel of weights {@code [columns x ROWS]} stays in the cache and serves every
 * token; lanes are rows and inputs are broadcast, so that no sum runs across lanes.
 */
final class Gemm {
  /** Rows of a panel: two vectors. */
  static final int ROWS = 2 * WIDE_SHORT.length();

  /** Tokens that are multiplied at a time: with two vectors each, eight accumulators. */
  static final int TOKENS = 4;

  /** Columns of a panel, so that it and the inputs of some tokens fit into a cache of 32 KB. */
  static final int COLS = 256;

  private Gemm() {}

  /**
   * Multiplies some rows of a matrix by all tokens of an input.
   *
   * @param matrix the matrix
   * @param in the input, prepared in the matrix's form
   * @param tokens number of tokens
   * @param out receives the products {@code [tokens x rows]}
   * @param from first row
   * @param to row behind the last
   * @param scratch memory that no other thread uses now
   */
  static void multiply(
      PanelSource matrix, Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    QuantizedInput q = in.quantized(matrix.form(tokens));
    int cols = q.paddedCols();
    int size = Math.ceilDiv(tokens, TOKENS) * TOKENS * ROWS;
    Panel panel = scratch.panel;
    panel.reserve(
        matrix.planes() * COLS * ROWS,
        COLS / Input.HALF_BLOCK * ROWS,
        matrix.planes() * TOKENS * ROWS,
        size);
    for (int row = from; row < to; row += ROWS) {
      int rows = Math.min(ROWS, to - row);
      Arrays.fill(panel.y, 0, size, 0);
      Arrays.fill(panel.z, 0, size, 0);
      Arrays.fill(panel.sums, 0, size, 0);
      for (int c = 0; c < cols; c += COLS) {
        int count = Math.min(COLS, cols - c);
        matrix.unpack(row, rows, c, count, panel);
        for (int t = 0; t < tokens; t += TOKENS) {
          multiplyGroup(matrix, q, t, tokens, c, count, panel);
        }
        if (matrix.hasMinimums()) {
          addMinimums(q, tokens, c, count, panel);
        }
      }
      for (int t = 0; t < tokens; t++) {
        int first = t * matrix.rows() + row;
        for (int lane = 0; lane < ROWS; lane++) {
          int r = matrix.rowOfLane(lane);
          if (r < rows) {
            out[first + r] = panel.y[t * ROWS + lane] + panel.z[t * ROWS + lane];
          }
        }
      }
    }
  }

  /**
   * Adds the minimums of a panel times the sums of each block of the inputs. The weights' blocks
   * are those of the inputs.
   */
  private static void addMinimums(
      QuantizedInput q, int tokens, int firstCol, int cols, Panel panel) {
    int count = cols / q.blockSize();
    int step = q.blockSize() / Input.HALF_BLOCK * ROWS;
    for (int t = 0; t < tokens; t++) {
      int at = t * ROWS;
      int block = t * q.blocks() + firstCol / q.blockSize();
      int b = 0;
      for (; b + 4 <= count; b += 4, block += 4) {
        float x0 = q.scales[block] * q.sums[block];
        float x1 = q.scales[block + 1] * q.sums[block + 1];
        float x2 = q.scales[block + 2] * q.sums[block + 2];
        float x3 = q.scales[block + 3] * q.sums[block + 3];
        addTimes(panel.minimums, b * step, step, x0, x1, x2, x3, panel.z, at);
      }
      for (; b < count; b++, block++) {
        addTimes(panel.minimums, b * step, q.scales[block] * q.sums[block], panel.z, at);
      }
    }
  }

  /** {@code z[r] += minimums[r] * x}; the compiler makes vectors of it. */
  private static void addTimes(float[] minimums, int from, float x, float[] z, int at) {
    for (int r = 0; r < ROWS; r++) {
      z[at + r] += minimums[from + r] * x;
    }
  }

  /** The same for four blocks, one after the other. */
  private static void addTimes(
      float[] minimums,
      int from,
      int step,
      float x0,
      float x1,
      float x2,
      float x3,
      float[] z,
      int at) {
    for (int r = 0; r < ROWS; r++) {
      float sum = z[at + r] + minimums[from + r] * x0;
      sum += minimums[from + step + r] * x1;
      sum += minimums[from + 2 * step + r] * x2;
      z[at + r] = sum + minimums[from + 3 * step + r] * x3;
    }
  }

  /** Multiplies the columns of a panel by up to four tokens. */
  private static void multiplyGroup(
      PanelSource matrix,
      QuantizedInput q,
      int t0,
      int tokens,
      int firstCol,
      int cols,
      Panel panel) {
    // The last token stands in for those behind it.
    int t1 = Math.min(t0 + 1, tokens - 1);
    int t2 = Math.min(t0 + 2, tokens - 1);
    int t3 = Math.min(t0 + 3, tokens - 1);
    int padded = q.paddedCols();
    int[] sums = panel.sums;
    short[] products = panel.products;
    int at = t0 * ROWS;
    for (int k = 0, count; k < cols; k += count) {
      int c = firstCol + k;
      int end = matrix.scaleEnd(c);
      count = Math.min(Math.min(end - c, matrix.exactCols()), cols - k);
      boolean begins = c == 0 || matrix.scaleEnd(c - Input.HALF_BLOCK) == c;
      boolean ends = c + count == end;
      int x0 = t0 * padded + c;
      int x1 = t1 * padded + c;
      int x2 = t2 * padded + c;
      int x3 = t3 * padded + c;
      for (int plane = 0; plane < matrix.planes(); plane++) {
        int to = plane * TOKENS * ROWS;
        multiply(panel.codes, plane * COLS + k, count, q.codes, x0, x1, x2, x3, products, to);
      }
      if (!begins || !ends) {
        for (int i = 0; i < TOKENS * ROWS; i++) {
          sums[at + i] += products[i];
        }
      }
      if (ends) {
        int b = c / q.blockSize();
        float s0 = q.scales[t0 * q.blocks() + b];
        float s1 = q.scales[t1 * q.blocks() + b];
        float s2 = q.scales[t2 * q.blocks() + b];
        float s3 = q.scales[t3 * q.blocks() + b];
        int w0 = k / Input.HALF_BLOCK * ROWS;
        if (!begins) {
          scaleInts(sums, panel.weightScales, w0, s0, panel.y, at);
          scaleInts(sums, panel.weightScales, w0, s1, panel.y, at + ROWS);
          scaleInts(sums, panel.weightScales, w0, s2, panel.y, at + 2 * ROWS);
          scaleInts(sums, panel.weightScales, w0, s3, panel.y, at + 3 * ROWS);
        } else if (matrix.planes() == 1) {
          scale(products, panel.weightScales, w0, s0, s1, s2, s3, panel.y, at);
        } else {
          int o0 = 8 * q.sums[t0 * q.blocks() + b];
          int o1 = 8 * q.sums[t1 * q.blocks() + b];
          int o2 = 8 * q.sums[t2 * q.blocks() + b];
          int o3 = 8 * q.sums[t3 * q.blocks() + b];
          float[] w = panel.weightScales;
          scalePlanes(products, o0, o1, o2, o3, w, w0, s0, s1, s2, s3, panel.y, at);
        }
      }
    }
  }

  /**
   * Computes the 16-bit sums of products {@code sums[t][r] = sum_k panel[from + k][r] * x[xt + k]}.
   *
   * @param panel the weights {@code [columns x ROWS]}
   * @param from the first column to take
   * @param cols how many columns; the sums must fit into 16 bits
   * @param x inputs, each a short in both halves of an int
   * @param x0 index of the first token's input of column {@code from}
   * @param x1 the same of the second token
   * @param x2 the same of the third token
   * @param x3 the same of the fourth token
   * @param sums receives {@code [TOKENS x ROWS]} sums
   */
  static void multiply(
      short[] panel,
      int from,
      int cols,
      int[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      short[] sums,
      int to) {
    int lanes = WIDE_SHORT.length();
    ShortVector zero = ShortVector.zero(WIDE_SHORT);
    ShortVector a0 = zero;
    ShortVector b0 = zero;
    ShortVector a1 = zero;
    ShortVector b1 = zero;
    ShortVector a2 = zero;
    ShortVector b2 = zero;
    ShortVector a3 = zero;
    ShortVector b3 = zero;
    int base = from * ROWS;
    for (int k = 0; k < cols; k++) {
      ShortVector a = ShortVector.fromArray(WIDE_SHORT, panel, base + k * ROWS);
      ShortVector b = ShortVector.fromArray(WIDE_SHORT, panel, base + k * ROWS + lanes);
      ShortVector v = IntVector.broadcast(WIDE_INT, x[x0 + k]).reinterpretAsShorts();
      a0 = a.mul(v).add(a0);
      b0 = b.mul(v).add(b0);
      v = IntVector.broadcast(WIDE_INT, x[x1 + k]).reinterpretAsShorts();
      a1 = a.mul(v).add(a1);
      b1 = b.mul(v).add(b1);
      v = IntVector.broadcast(WIDE_INT, x[x2 + k]).reinterpretAsShorts();
      a2 = a.mul(v).add(a2);
      b2 = b.mul(v).add(b2);
      v = IntVector.broadcast(WIDE_INT, x[x3 + k]).reinterpretAsShorts();
      a3 = a.mul(v).add(a3);
      b3 = b.mul(v).add(b3);
    }
    zero.add(a0).intoArray(sums, to);
    zero.add(b0).intoArray(sums, to + lanes);
    zero.add(a1).intoArray(sums, to + ROWS);
    zero.add(b1).intoArray(sums, to + ROWS + lanes);
    zero.add(a2).intoArray(sums, to + 2 * ROWS);
    zero.add(b2).intoArray(sums, to + 2 * ROWS + lanes);
    zero.add(a3).intoArray(sums, to + 3 * ROWS);
    zero.add(b3).intoArray(sums, to + 3 * ROWS + lanes);
  }

  /** {@code y[t][r] += products[t][r] * (weightScales[r] * st)} for four tokens. */
  private static void scale(
      short[] products,
      float[] weightScales,
      int w0,
      float s0,
      float s1,
      float s2,
      float s3,
      float[] y,
      int at) {
    int lanes = ROW_FLOAT.length();
    for (int r = 0; r < ROWS; r += lanes) {
      FloatVector w = FloatVector.fromArray(ROW_FLOAT, weightScales, w0 + r);
      int i = at + r;
      FloatVector f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f.mul(w.mul(s0)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f.mul(w.mul(s1)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + 2 * ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, 2 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f.mul(w.mul(s2)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + 3 * ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, 3 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f.mul(w.mul(s3)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
    }
  }

  /** The same with {@code products = 16 * high + low + offset}, which is exact in a float. */
  private static void scalePlanes(
      short[] products,
      int o0,
      int o1,
      int o2,
      int o3,
      float[] weightScales,
      int w0,
      float s0,
      float s1,
      float s2,
      float s3,
      float[] y,
      int at) {
    int lanes = ROW_FLOAT.length();
    FloatVector plane = FloatVector.broadcast(ROW_FLOAT, 16);
    for (int r = 0; r < ROWS; r += lanes) {
      FloatVector w = FloatVector.fromArray(ROW_FLOAT, weightScales, w0 + r);
      int i = at + r;
      FloatVector f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, TOKENS * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      FloatVector l =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f = f.fma(plane, l).add(o0);
      f.mul(w.mul(s0)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, TOKENS * ROWS + ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      l =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f = f.fma(plane, l).add(o1);
      f.mul(w.mul(s1)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + 2 * ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, TOKENS * ROWS + 2 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      l =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, 2 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f = f.fma(plane, l).add(o2);
      f.mul(w.mul(s2)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
      i = at + 3 * ROWS + r;
      f =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, TOKENS * ROWS + 3 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      l =
          (FloatVector)
              ShortVector.fromArray(HALF_SHORT, products, 3 * ROWS + r)
                  .convertShape(VectorOperators.S2F, ROW_FLOAT, 0);
      f = f.fma(plane, l).add(o3);
      f.mul(w.mul(s3)).add(FloatVector.fromArray(ROW_FLOAT, y, i)).intoArray(y, i);
    }
  }

  /** The same for one token, with sums of 32 bits, which it clears. */
  private static void scaleInts(
      int[] sums, float[] weightScales, int w0, float scale, float[] y, int at) {
    for (int r = 0; r < ROWS; r++) {
      y[at + r] += sums[at + r] * (weightScales[w0 + r] * scale);
      sums[at + r] = 0;
    }
  }
}
