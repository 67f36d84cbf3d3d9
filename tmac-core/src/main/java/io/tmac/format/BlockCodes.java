package io.tmac.format;

/**
 * A view of weights as small integer codes with one scale, and maybe a minimum, for each block of
 * consecutive columns: {@code w[r][c] = code[r][c] * scale[r][c / blockSize] + minimum[r][c /
 * blockSize]}, up to the rounding of a minimum. Blocks begin anew at each row. A format that offers
 * this view runs on the fast kernel of its {@link #range}.
 */
public interface BlockCodes {

  /** The range of the codes. It names the kernel family. */
  enum Range {
    /** Codes -1, 0 and +1. */
    TERNARY,
    /** Codes from -8 to 7. */
    INT4,
    /** Codes from -128 to 127. */
    INT8
  }

  /**
   * The range that all codes keep.
   *
   * @return the range
   */
  Range range();

  /**
   * Whether a matrix has no code outside the range, which some formats can express. One that has
   * runs on decoded floats.
   *
   * @param matrix the matrix
   * @return true if {@link #decodeCodes} writes codes of the range only
   */
  default boolean keepsRange(Matrix matrix) {
    return true;
  }

  /**
   * Columns that share one scale.
   *
   * @param cols number of columns of the matrix
   * @return the block size; it divides {@code cols}, and equals it for one scale per row
   */
  int blockSize(int cols);

  /**
   * Writes the codes and scales of one row.
   *
   * @param matrix the matrix
   * @param row the row, from 0 to {@code matrix.rows() - 1}
   * @param codes receives {@code matrix.cols()} codes from index 0
   * @param scales receives {@code cols / blockSize} scales from index 0
   */
  void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales);

  /**
   * Whether blocks have minimums. Ternary weights have none.
   *
   * @return true if {@link #decodeMinimums} writes them
   */
  default boolean hasMinimums() {
    return false;
  }

  /**
   * Writes the minimums of one row, if {@link #hasMinimums}.
   *
   * @param matrix the matrix
   * @param row the row, from 0 to {@code matrix.rows() - 1}
   * @param minimums receives {@code cols / blockSize} minimums from index 0
   */
  default void decodeMinimums(Matrix matrix, int row, float[] minimums) {}

  /**
   * Writes the codes of one row of ternary weights four to a byte, where the file holds them so:
   * loading copies them four times faster than one by one.
   *
   * @param matrix the matrix
   * @param row the row, from 0 to {@code matrix.rows() - 1}
   * @param packed receives {@code ceil(cols / 4)} bytes from index 0; code j of a byte is in bits
   *     2j and 2j + 1, in two's complement, and codes behind the last column are zero
   * @param scales receives {@code cols / blockSize} scales from index 0
   * @return whether it was done; if not, what was written means nothing
   */
  default boolean decodePacked(Matrix matrix, int row, byte[] packed, float[] scales) {
    return false;
  }
}
