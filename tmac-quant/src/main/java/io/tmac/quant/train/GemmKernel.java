package io.tmac.quant.train;

import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost product of {@link FloatGemm}: a tile of {@code ROWS x COLS} sums that stay in
 * registers. Lanes are columns; each step takes {@code COLS} values of B and broadcasts one value
 * of A per row. The sums are written out by hand: the compiler keeps local vectors in registers,
 * but not arrays of them.
 */
final class GemmKernel {
  private static final boolean WIDE = LANES == 16;

  /**
   * Rows of a tile, a multiple of 4. With two vectors per row the sums take 24 of 32 registers
   * where vectors have 512 bits. Elsewhere they take 8 of 16: the compiler loads the values of all
   * rows first, and with more rows some sums would pass through memory.
   */
  static final int ROWS = WIDE ? 12 : 4;

  /** Columns of a tile: two vectors. */
  static final int COLS = 2 * LANES;

  private GemmKernel() {}

  /**
   * {@code c[i][j] = sum over p of a[p][i] * b[p][j]}: sums begin at zero, and p ascends with one
   * fused multiply-add each.
   *
   * @param depth number of products per sum
   * @param a {@code [depth x ROWS]} from index {@code aAt}
   * @param b {@code [depth x COLS]} from index {@code bAt}
   * @param c receives {@code [ROWS x COLS]}
   */
  static void multiply(int depth, float[] a, int aAt, float[] b, int bAt, float[] c) {
    if (WIDE) {
      multiplyTwelve(depth, a, aAt, b, bAt, c);
    } else {
      multiplyFour(depth, a, aAt, b, bAt, c);
    }
  }

  /** Twelve rows. */
  private static void multiplyTwelve(int depth, float[] a, int aAt, float[] b, int bAt, float[] c) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector l0 = zero;
    FloatVector r0 = zero;
    FloatVector l1 = zero;
    FloatVector r1 = zero;
    FloatVector l2 = zero;
    FloatVector r2 = zero;
    FloatVector l3 = zero;
    FloatVector r3 = zero;
    FloatVector l4 = zero;
    FloatVector r4 = zero;
    FloatVector l5 = zero;
    FloatVector r5 = zero;
    FloatVector l6 = zero;
    FloatVector r6 = zero;
    FloatVector l7 = zero;
    FloatVector r7 = zero;
    FloatVector l8 = zero;
    FloatVector r8 = zero;
    FloatVector l9 = zero;
    FloatVector r9 = zero;
    FloatVector l10 = zero;
    FloatVector r10 = zero;
    FloatVector l11 = zero;
    FloatVector r11 = zero;
    for (int p = 0; p < depth; p++) {
      FloatVector l = FloatVector.fromArray(FLOAT, b, bAt + p * COLS);
      FloatVector r = FloatVector.fromArray(FLOAT, b, bAt + p * COLS + LANES);
      int at = aAt + p * 12;
      FloatVector v = FloatVector.broadcast(FLOAT, a[at]);
      l0 = v.fma(l, l0);
      r0 = v.fma(r, r0);
      v = FloatVector.broadcast(FLOAT, a[at + 1]);
      l1 = v.fma(l, l1);
      r1 = v.fma(r, r1);
      v = FloatVector.broadcast(FLOAT, a[at + 2]);
      l2 = v.fma(l, l2);
      r2 = v.fma(r, r2);
      v = FloatVector.broadcast(FLOAT, a[at + 3]);
      l3 = v.fma(l, l3);
      r3 = v.fma(r, r3);
      v = FloatVector.broadcast(FLOAT, a[at + 4]);
      l4 = v.fma(l, l4);
      r4 = v.fma(r, r4);
      v = FloatVector.broadcast(FLOAT, a[at + 5]);
      l5 = v.fma(l, l5);
      r5 = v.fma(r, r5);
      v = FloatVector.broadcast(FLOAT, a[at + 6]);
      l6 = v.fma(l, l6);
      r6 = v.fma(r, r6);
      v = FloatVector.broadcast(FLOAT, a[at + 7]);
      l7 = v.fma(l, l7);
      r7 = v.fma(r, r7);
      v = FloatVector.broadcast(FLOAT, a[at + 8]);
      l8 = v.fma(l, l8);
      r8 = v.fma(r, r8);
      v = FloatVector.broadcast(FLOAT, a[at + 9]);
      l9 = v.fma(l, l9);
      r9 = v.fma(r, r9);
      v = FloatVector.broadcast(FLOAT, a[at + 10]);
      l10 = v.fma(l, l10);
      r10 = v.fma(r, r10);
      v = FloatVector.broadcast(FLOAT, a[at + 11]);
      l11 = v.fma(l, l11);
      r11 = v.fma(r, r11);
    }
    l0.intoArray(c, 0);
    r0.intoArray(c, LANES);
    l1.intoArray(c, COLS);
    r1.intoArray(c, COLS + LANES);
    l2.intoArray(c, 2 * COLS);
    r2.intoArray(c, 2 * COLS + LANES);
    l3.intoArray(c, 3 * COLS);
    r3.intoArray(c, 3 * COLS + LANES);
    l4.intoArray(c, 4 * COLS);
    r4.intoArray(c, 4 * COLS + LANES);
    l5.intoArray(c, 5 * COLS);
    r5.intoArray(c, 5 * COLS + LANES);
    l6.intoArray(c, 6 * COLS);
    r6.intoArray(c, 6 * COLS + LANES);
    l7.intoArray(c, 7 * COLS);
    r7.intoArray(c, 7 * COLS + LANES);
    l8.intoArray(c, 8 * COLS);
    r8.intoArray(c, 8 * COLS + LANES);
    l9.intoArray(c, 9 * COLS);
    r9.intoArray(c, 9 * COLS + LANES);
    l10.intoArray(c, 10 * COLS);
    r10.intoArray(c, 10 * COLS + LANES);
    l11.intoArray(c, 11 * COLS);
    r11.intoArray(c, 11 * COLS + LANES);
  }

  /** Four rows. */
  private static void multiplyFour(int depth, float[] a, int aAt, float[] b, int bAt, float[] c) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector l0 = zero;
    FloatVector r0 = zero;
    FloatVector l1 = zero;
    FloatVector r1 = zero;
    FloatVector l2 = zero;
    FloatVector r2 = zero;
    FloatVector l3 = zero;
    FloatVector r3 = zero;
    for (int p = 0; p < depth; p++) {
      FloatVector l = FloatVector.fromArray(FLOAT, b, bAt + p * COLS);
      FloatVector r = FloatVector.fromArray(FLOAT, b, bAt + p * COLS + LANES);
      int at = aAt + p * 4;
      FloatVector v = FloatVector.broadcast(FLOAT, a[at]);
      l0 = v.fma(l, l0);
      r0 = v.fma(r, r0);
      v = FloatVector.broadcast(FLOAT, a[at + 1]);
      l1 = v.fma(l, l1);
      r1 = v.fma(r, r1);
      v = FloatVector.broadcast(FLOAT, a[at + 2]);
      l2 = v.fma(l, l2);
      r2 = v.fma(r, r2);
      v = FloatVector.broadcast(FLOAT, a[at + 3]);
      l3 = v.fma(l, l3);
      r3 = v.fma(r, r3);
    }
    l0.intoArray(c, 0);
    r0.intoArray(c, LANES);
    l1.intoArray(c, COLS);
    r1.intoArray(c, COLS + LANES);
    l2.intoArray(c, 2 * COLS);
    r2.intoArray(c, 2 * COLS + LANES);
    l3.intoArray(c, 3 * COLS);
    r3.intoArray(c, 3 * COLS + LANES);
  }
}
