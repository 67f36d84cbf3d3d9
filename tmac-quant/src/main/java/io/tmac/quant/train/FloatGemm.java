package io.tmac.quant.train;

import static io.tmac.quant.train.GemmKernel.COLS;
import static io.tmac.quant.train.GemmKernel.ROWS;
import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of float matrices, on the calling thread: blocks of both factors are packed into the
 * order in which one small kernel reads them (Goto and van de Geijn, "Anatomy of High-Performance
 * Matrix Multiplication", 2008; Van Zee and van de Geijn, "BLIS", 2015). Packing takes the factors
 * with any strides, so that a transposed factor costs no more.
 *
 * <p>The additions of an element of C have a fixed order: k is cut into pieces of {@value #DEPTH};
 * each piece is summed from zero with ascending k, one fused multiply-add per product; the first
 * sum replaces the element or is added to it, the others are added in order. The result depends on
 * the arguments alone, neither on the width of vectors nor on the place of a row or column.
 *
 * <p>An object owns its buffers, which grow to at most 5 MB, and serves one thread at a time.
 */
final class FloatGemm {
  /** Products per piece of a sum. Longer pieces read and write C less often. */
  static final int DEPTH = 512;

  /** Rows of A that are packed at a time, for half of a second-level cache of 1 MB. */
  private static final int BLOCK_ROWS = 240;

  /** Columns of B that are packed at a time, 4 MB for the third-level cache. */
  private static final int BLOCK_COLS = 2048;

  private final float[] tile = new float[ROWS * COLS];
  private float[] packedA = new float[0];
  private float[] packedB = new float[0];

  /**
   * {@code C = A B} or {@code C += A B} with A {@code [m x k]}, B {@code [k x n]} and C {@code [m x
   * n]}: {@code A(i,p) = a[aAt + i * aRow + p * aCol]}, {@code B(p,j) = b[bAt + p * bRow + j *
   * bCol]}, {@code C(i,j) = c[cAt + i * cRow + j]}. Any of the sizes may be 0; without products
   * ({@code k = 0}) C becomes zero, or stays.
   *
   * @param m rows of A and C
   * @param n columns of B and C
   * @param k columns of A and rows of B
   * @param a holds A
   * @param aAt index of A's first element
   * @param aRow distance of two rows of A, not negative
   * @param aCol distance of two columns of A, not negative
   * @param b holds B
   * @param bAt index of B's first element
   * @param bRow distance of two rows of B, not negative
   * @param bCol distance of two columns of B, not negative
   * @param c receives C, which must not overlap A or B; the elements between its rows stay
   * @param cAt index of C's first element
   * @param cRow distance of two rows of C, at least {@code n}
   * @param add whether the product is added to C
   * @throws IllegalArgumentException if a size or distance is negative, or rows of C overlap
   * @throws IndexOutOfBoundsException if a matrix is not inside its array; nothing is written then
   */
  void multiply(
      int m,
      int n,
      int k,
      float[] a,
      int aAt,
      int aRow,
      int aCol,
      float[] b,
      int bAt,
      int bRow,
      int bCol,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
    check("A", a, aAt, m, aRow, k, aCol);
    check("B", b, bAt, k, bRow, n, bCol);
    check("C", c, cAt, m, cRow, n, 1);
    if (m > 1 && cRow < n) {
      throw new IllegalArgumentException(
          "rows of C overlap: distance %d, %d columns".formatted(cRow, n));
    }
    if (m == 0 || n == 0) {
      return;
    }
    if (k == 0 && !add) {
      for (int i = 0; i < m; i++) {
        Arrays.fill(c, cAt + i * cRow, cAt + i * cRow + n, 0);
      }
    }
    reserve(m, n, k);
    for (int j = 0; j < n; j += BLOCK_COLS) {
      int cols = Math.min(BLOCK_COLS, n - j);
      for (int p = 0; p < k; p += DEPTH) {
        int depth = Math.min(DEPTH, k - p);
        Panels.pack(b, bAt + p * bRow + j * bCol, bCol, bRow, cols, depth, COLS, packedB);
        for (int i = 0; i < m; i += BLOCK_ROWS) {
          int rows = Math.min(BLOCK_ROWS, m - i);
          Panels.pack(a, aAt + i * aRow + p * aCol, aRow, aCol, rows, depth, ROWS, packedA);
          multiplyBlocks(rows, cols, depth, c, cAt + i * cRow + j, cRow, add || p > 0);
        }
      }
    }
  }

  /** Multiplies the packed blocks. */
  private void multiplyBlocks(
      int rows, int cols, int depth, float[] c, int cAt, int cRow, boolean add) {
    for (int j = 0; j < cols; j += COLS) {
      for (int i = 0; i < rows; i += ROWS) {
        GemmKernel.multiply(depth, packedA, i * depth, packedB, j * depth, tile);
        int at = cAt + i * cRow + j;
        store(Math.min(ROWS, rows - i), Math.min(COLS, cols - j), c, at, cRow, add);
      }
    }
  }

  /** Takes the part of the tile that is inside of C. */
  private void store(int rows, int cols, float[] c, int cAt, int cRow, boolean add) {
    if (cols == COLS) {
      if (add) {
        addVectors(rows, c, cAt, cRow);
      } else {
        storeVectors(rows, c, cAt, cRow);
      }
      return;
    }
    for (int i = 0; i < rows; i++) {
      int at = cAt + i * cRow;
      for (int j = 0; j < cols; j++) {
        float sum = tile[i * COLS + j];
        c[at + j] = add ? c[at + j] + sum : sum;
      }
    }
  }

  private void storeVectors(int rows, float[] c, int cAt, int cRow) {
    for (int i = 0; i < rows; i++) {
      int at = cAt + i * cRow;
      FloatVector.fromArray(FLOAT, tile, i * COLS).intoArray(c, at);
      FloatVector.fromArray(FLOAT, tile, i * COLS + LANES).intoArray(c, at + LANES);
    }
  }

  /** A method of its own: a vector that comes from two branches may become an object. */
  private void addVectors(int rows, float[] c, int cAt, int cRow) {
    for (int i = 0; i < rows; i++) {
      int at = cAt + i * cRow;
      FloatVector.fromArray(FLOAT, c, at)
          .add(FloatVector.fromArray(FLOAT, tile, i * COLS))
          .intoArray(c, at);
      FloatVector.fromArray(FLOAT, c, at + LANES)
          .add(FloatVector.fromArray(FLOAT, tile, i * COLS + LANES))
          .intoArray(c, at + LANES);
    }
  }

  private void reserve(int m, int n, int k) {
    int depth = Math.min(DEPTH, k);
    int sizeA = Math.ceilDiv(Math.min(BLOCK_ROWS, m), ROWS) * ROWS * depth;
    int sizeB = Math.ceilDiv(Math.min(BLOCK_COLS, n), COLS) * COLS * depth;
    if (packedA.length < sizeA) {
      packedA = new float[sizeA];
    }
    if (packedB.length < sizeB) {
      packedB = new float[sizeB];
    }
  }

  private static void check(String name, float[] x, int at, int rows, int row, int cols, int col) {
    if (rows < 0 || cols < 0 || row < 0 || col < 0) {
      throw new IllegalArgumentException(
          "%s: [%d x %d], distances %d and %d: must not be negative"
              .formatted(name, rows, cols, row, col));
    }
    if (rows > 0 && cols > 0) {
      long last = at + (rows - 1L) * row + (cols - 1L) * col;
      if (at < 0 || last >= x.length) {
        throw new IndexOutOfBoundsException(
            "%s: [%d x %d] at %d, distances %d and %d: last index %d, length %d"
                .formatted(name, rows, cols, at, row, col, last, x.length));
      }
    }
  }
}
