package io.tmac.kernel;

/**
 * A weight matrix {@code [rows x cols]} in the layout of its kernel. Immutable and safe for use by
 * many threads.
 */
public interface Linear {

  /** Rows of a tile of most kernels. */
  int TILE = 16;

  /** Returns the number of rows (outputs). */
  int rows();

  /** Returns the number of columns (inputs). */
  int cols();

  /** Returns the rows that are computed together. */
  default int tileRows() {
    return TILE;
  }

  /**
   * Returns the rows of a unit of the work that threads share: a multiple of {@link #tileRows}. One
   * token is latency: small units divide evenly. Many tokens are work for wide panels.
   *
   * @param tokens number of tokens
   */
  default int unitRows(int tokens) {
    return tokens > 1 ? Math.max(tileRows(), 4 * TILE) : tileRows();
  }

  /**
   * Returns the form of the input that {@link #multiply} will read. It may change from call to
   * call, while the compiler works on the kernels; an input that was prepared before such a change
   * still serves.
   *
   * @param tokens number of tokens
   */
  InputForm form(int tokens);

  /** Returns the memory that this matrix takes beside the model file, in bytes. */
  long bytes();

  /**
   * Computes {@code out[t * rows() + r] = sum_c w[r][c] * x[t][c]} for some rows. The result of a
   * row is the same bit for bit for any split of the rows and for any number of tokens.
   *
   * @param in the input, prepared in this matrix's form
   * @param tokens number of tokens
   * @param out receives the products, {@code [tokens x rows]}
   * @param from first row, a multiple of {@link #tileRows}
   * @param to row behind the last, a multiple of {@link #tileRows} or the number of rows
   * @param scratch memory that no other thread uses now
   */
  void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch);
}
