package io.tmac.format;

import java.util.Optional;

/**
 * How the bytes of a weight tensor mean numbers. {@link #decodeRow} is the normative meaning; every
 * kernel is tested against it.
 *
 * <p>Formats are immutable values without state and safe for use by many threads.
 */
public sealed interface WeightFormat
    permits F32,
        HalfFloat,
        Int8,
        Int4,
        TernaryV1,
        TernaryV2,
        GgufFormat,
        I2s,
        PackedTernary,
        PluginFormat {

  /**
   * The short name of this format, as reports print it.
   *
   * @return for example {@code "ternary_v2"}
   */
  String id();

  /**
   * Size of a tensor in this format.
   *
   * @param rows number of rows, at least 0
   * @param cols number of columns, at least 1
   * @return size in bytes
   * @throws ArithmeticException if the size does not fit into a {@code long}
   */
  long byteSize(long rows, int cols);

  /**
   * Writes the values of one row.
   *
   * @param matrix a matrix of this format
   * @param row the row, from 0 to {@code matrix.rows() - 1}
   * @param out receives {@code matrix.cols()} values from index 0
   */
  void decodeRow(Matrix matrix, int row, float[] out);

  /**
   * Looks for bytes that this format does not define. Loading a model refuses them.
   *
   * @param matrix a matrix of this format
   * @return the offset in {@code matrix.data()} of the first undefined byte, or -1 if there is none
   */
  default long findUndefined(Matrix matrix) {
    return -1;
  }

  /**
   * The same rows as small integers times scales, which is what the integer kernels work on.
   *
   * @param cols number of columns of the matrix
   * @return the integer view, or empty if rows of this width do not start at a block boundary or
   *     the format has no such view; the matrix then runs on decoded floats
   */
  default Optional<BlockCodes> codes(int cols) {
    return Optional.empty();
  }
}
