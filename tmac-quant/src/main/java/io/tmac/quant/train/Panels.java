package io.tmac.quant.train;

import static io.tmac.quant.train.GemmKernel.COLS;
import static io.tmac.quant.train.GemmKernel.ROWS;

/**
 * Packs a block of a matrix in the order in which {@link GemmKernel} reads it. A line is a row of A
 * or a column of B; a panel has {@code ROWS} lines of A or {@code COLS} of B:
 *
 * <pre>
 *   panel (depth * width floats):  for each p in 0..depth: element p of each of its lines
 * </pre>
 *
 * <p>Behind the last line a panel holds any values.
 */
final class Panels {
  private Panels() {}

  /**
   * Packs a block.
   *
   * @param x holds the block from index {@code at}
   * @param across distance of two lines
   * @param along distance of two elements of a line
   * @param lines number of lines
   * @param depth elements per line
   * @param width lines per panel: {@code ROWS} or {@code COLS}
   * @param out receives the panels
   */
  static void pack(
      float[] x, int at, int across, int along, int lines, int depth, int width, float[] out) {
    for (int line = 0; line < lines; line += width) {
      int from = at + line * across;
      int to = line * depth;
      int count = Math.min(width, lines - line);
      if (across == 1) {
        copy(x, from, along, count, depth, width, out, to);
      } else if (along == 1) {
        transpose(x, from, across, count, depth, width, out, to);
      } else {
        for (int i = 0; i < count; i++) {
          gather(x, from + i * across, along, depth, width, out, to + i);
        }
      }
    }
  }

  /** Neighbours in the matrix stay neighbours. */
  private static void copy(
      float[] x, int from, int along, int count, int depth, int width, float[] out, int to) {
    for (int p = 0; p < depth; p++) {
      System.arraycopy(x, from + p * along, out, to + p * width, count);
    }
  }

  /** Reads four lines at a time. */
  private static void transpose(
      float[] x, int from, int across, int count, int depth, int width, float[] out, int to) {
    int i = 0;
    for (; i <= count - 4; i += 4) {
      if (width == ROWS) {
        fourRows(x, from + i * across, across, depth, out, to + i);
      } else {
        fourCols(x, from + i * across, across, depth, out, to + i);
      }
    }
    for (; i < count; i++) {
      gather(x, from + i * across, 1, depth, width, out, to + i);
    }
  }

  private static void fourRows(float[] x, int from, int across, int depth, float[] out, int to) {
    int from1 = from + across;
    int from2 = from + 2 * across;
    int from3 = from + 3 * across;
    for (int p = 0; p < depth; p++) {
      out[to + p * ROWS] = x[from + p];
      out[to + p * ROWS + 1] = x[from1 + p];
      out[to + p * ROWS + 2] = x[from2 + p];
      out[to + p * ROWS + 3] = x[from3 + p];
    }
  }

  /** The same; the constant distance lets the compiler take index checks out of the loop. */
  private static void fourCols(float[] x, int from, int across, int depth, float[] out, int to) {
    int from1 = from + across;
    int from2 = from + 2 * across;
    int from3 = from + 3 * across;
    for (int p = 0; p < depth; p++) {
      out[to + p * COLS] = x[from + p];
      out[to + p * COLS + 1] = x[from1 + p];
      out[to + p * COLS + 2] = x[from2 + p];
      out[to + p * COLS + 3] = x[from3 + p];
    }
  }

  private static void gather(
      float[] x, int from, int along, int depth, int width, float[] out, int to) {
    for (int p = 0; p < depth; p++) {
      out[to + p * width] = x[from + p * along];
    }
  }
}
