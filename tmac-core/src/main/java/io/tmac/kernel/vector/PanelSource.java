package io.tmac.kernel.vector;

import io.tmac.kernel.Input;
import io.tmac.kernel.Linear;
import io.tmac.kernel.Panel;

/** A matrix of integer codes that can be decoded into panels, for {@link Gemm}. */
interface PanelSource extends Linear {

  /** Returns how many columns add up to sums of 16 bits, a multiple of {@link Input#HALF_BLOCK}. */
  int exactCols();

  /**
   * Returns the column behind those that share their scales with {@code col}, a multiple of {@link
   * Input#HALF_BLOCK}.
   */
  int scaleEnd(int col);

  /** Returns 1, or 2 if a code is {@code 16 * second + first + 8}, of two planes from -8 to 7. */
  default int planes() {
    return 1;
  }

  /** Whether weights have minimums. */
  default boolean hasMinimums() {
    return false;
  }

  /** Returns from how many tokens on panels are faster than multiplying token by token. */
  int gemmTokens();

  /** Returns which row of a panel lies in a lane. */
  default int rowOfLane(int lane) {
    return lane;
  }

  /**
   * Decodes the codes and scales of some rows and columns.
   *
   * @param row the first row, a multiple of a tile, or of {@link Gemm#ROWS} if a tile has more rows
   * @param count number of rows; the rest of the last tile is decoded too
   * @param firstCol the first column, a multiple of {@link Gemm#COLS}
   * @param cols number of columns, a multiple of 32
   * @param panel receives {@code codes[plane][column][lane]} and {@code weightScales[half block of
   *     columns][lane]}, with {@link Gemm#COLS} columns per plane and {@link Gemm#ROWS} lanes, and
   *     minimums like scales if it has them
   */
  void unpack(int row, int count, int firstCol, int cols, Panel panel);
}
