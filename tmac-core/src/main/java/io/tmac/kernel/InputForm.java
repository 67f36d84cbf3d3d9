package io.tmac.kernel;

import io.tmac.Activations;
import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import java.util.Optional;

/** The forms in which kernels read their input. */
public enum InputForm {
  /** float32 as it is. */
  FLOAT,
  /** int8 with one scale for each {@link Input#BLOCK} columns. */
  INT8_BLOCKS,
  /** int8 with one scale for each {@link Input#HALF_BLOCK} columns. */
  INT8_HALF_BLOCKS,
  /** int8 with one scale per token. */
  INT8_TOKEN,
  /**
   * {@link #INT8_TOKEN}, and tables of the sums of two columns for each pair of ternary weights.
   */
  LOOKUP,
  /** {@link #INT8_TOKEN}, and tables of the sums of four columns. */
  WIDE_LOOKUP,
  /** 7 bits with one scale for each {@link Input#INT7_BLOCK} columns. */
  INT7_BLOCKS,
  /** {@link #INT7_BLOCKS}, and tables of the sums of two columns. */
  INT7_LOOKUP;

  /**
   * The form that belongs to a matrix. Inputs of 4- and 8-bit weights have a scale per 32 columns,
   * or 16 where those of the weights change so often or the weights have minimums; those of ternary
   * weights one per token: choices made by measured perplexity and errors of logits.
   *
   * @param matrix the matrix
   * @param activations whether inputs may be rounded at all
   * @return {@link #INT8_BLOCKS}, {@link #INT8_HALF_BLOCKS}, {@link #INT8_TOKEN}, {@link
   *     #INT7_BLOCKS}, or {@link #FLOAT} if inputs stay exact, the format has no integer view, the
   *     matrix has codes outside its range, or its blocks do not cover whole blocks of the input
   */
  public static InputForm of(Matrix matrix, Activations activations) {
    int cols = matrix.cols();
    Optional<BlockCodes> codes = matrix.format().codes(cols);
    if (activations == Activations.F32 || codes.isEmpty() || !codes.get().keepsRange(matrix)) {
      return FLOAT;
    }
    int blockSize = codes.get().blockSize(cols);
    return switch (codes.get().range()) {
      case TERNARY ->
          blockSize % Input.BLOCK == 0 || blockSize == cols ? ternary(activations) : FLOAT;
      case INT4, INT8 -> ofWideCodes(codes.get(), cols);
    };
  }

  /**
   * The form that belongs to codes of 4 or 8 bits.
   *
   * @return {@link #INT8_BLOCKS}, {@link #INT8_HALF_BLOCKS}, or {@link #FLOAT} if their blocks do
   *     not cover whole blocks of the input
   */
  public static InputForm ofWideCodes(BlockCodes codes, int cols) {
    int blockSize = codes.blockSize(cols);
    if (blockSize % Input.BLOCK == 0 && !codes.hasMinimums()) {
      return INT8_BLOCKS;
    }
    boolean whole = blockSize % Input.HALF_BLOCK == 0 && cols % Input.BLOCK == 0;
    return whole ? INT8_HALF_BLOCKS : FLOAT;
  }

  private static InputForm ternary(Activations activations) {
    return activations == Activations.INT7 ? INT7_BLOCKS : INT8_TOKEN;
  }

  /** Returns the form of the codes alone, if this one has tables beside them. */
  public InputForm codes() {
    return switch (this) {
      case LOOKUP, WIDE_LOOKUP -> INT8_TOKEN;
      case INT7_LOOKUP -> INT7_BLOCKS;
      default -> this;
    };
  }

  /** The integer view of a matrix whose form is not {@link #FLOAT}. */
  public static BlockCodes codes(Matrix matrix) {
    return matrix.format().codes(matrix.cols()).orElseThrow();
  }
}
