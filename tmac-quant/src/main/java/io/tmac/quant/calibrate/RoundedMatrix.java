package io.tmac.quant.calibrate;

/**
 * A matrix as codes and scales.
 *
 * @param rows number of rows
 * @param cols number of columns
 * @param codes {@code [rows x cols]}
 * @param scales the scales, each for {@code block} elements of the flat matrix
 * @param block elements that share a scale; {@code cols} for a scale per row
 * @param skew elements of the first block that belong to the matrix before this one
 */
record RoundedMatrix(int rows, int cols, byte[] codes, float[] scales, int block, int skew) {

  /** A matrix of one scale per row. */
  static RoundedMatrix perRow(int rows, int cols) {
    byte[] codes = new byte[Math.multiplyExact(rows, cols)];
    return new RoundedMatrix(rows, cols, codes, new float[rows], cols, 0);
  }

  /** A matrix of blocks that run over a stack of matrices, this one beginning at an element. */
  static RoundedMatrix perBlock(int rows, int cols, int block, long first) {
    int elements = Math.multiplyExact(rows, cols);
    int skew = (int) (first % block);
    int blocks = Math.ceilDiv(skew + elements, block);
    return new RoundedMatrix(rows, cols, new byte[elements], new float[blocks], block, skew);
  }

  /** Returns the scale of an element of the flat matrix. */
  float scale(int element) {
    return scales[(element + skew) / block];
  }

  /** Writes the scales of the columns of a row. */
  void rowScales(int row, float[] out) {
    for (int c = 0; c < cols; c++) {
      out[c] = scale(row * cols + c);
    }
  }

  /** Writes the values of a row. */
  void decodeRow(int row, float[] out) {
    for (int c = 0; c < cols; c++) {
      int element = row * cols + c;
      out[c] = codes[element] * scale(element);
    }
  }
}
