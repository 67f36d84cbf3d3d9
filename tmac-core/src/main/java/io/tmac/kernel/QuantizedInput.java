package io.tmac.kernel;

/**
 * Inputs rounded to int8: {@code x[t][c] ~ codes[t][c] * scales[t][c / blockSize]}, where {@code
 * scale = max|x| / 127} over the block and codes are rounded half to even. Columns are padded with
 * zeros to {@link #paddedCols}.
 */
public final class QuantizedInput {
  /** The largest code; -128 is not used, so that sums of products stay in bounds. */
  public static final int MAX_CODE = 127;

  private static final float SMALLEST = 1e-30f;

  private final int cols;
  private final int paddedCols;
  private final int blockSize;
  private final int blocks;

  /**
   * The codes, {@code [tokens x paddedCols]}, each as a short in both halves of its int: processors
   * broadcast an int from memory to all lanes in one step, but not a short. {@link #code} and
   * {@link #twice} convert.
   */
  public int[] codes = {};

  /** The scales, {@code [tokens x blocks]}. */
  public float[] scales = {};

  /** The sum of each block's codes, {@code [tokens x blocks]}. */
  public int[] sums = {};

  QuantizedInput(int cols, int blockSize) {
    this.cols = cols;
    this.paddedCols = Input.pad(cols);
    this.blockSize = blockSize == 0 ? paddedCols : blockSize;
    this.blocks = paddedCols / this.blockSize;
  }

  /**
   * The factor that takes values to codes.
   *
   * @param max largest magnitude of a block
   * @return {@code 127 / max}, or 0 for a block whose values are too small for that quotient
   */
  public static float inverse(float max) {
    return max < SMALLEST ? 0 : MAX_CODE / max;
  }

  /** Returns the code in an element of {@link #codes}. */
  public static int code(int twice) {
    return (short) twice;
  }

  /** Returns the element of {@link #codes} for a code. */
  public static int twice(int code) {
    return (code << 16) | (code & 0xffff);
  }

  void reserve(int tokens) {
    if (scales.length < tokens * blocks) {
      codes = new int[Math.multiplyExact(tokens, paddedCols)];
      scales = new float[tokens * blocks];
      sums = new int[tokens * blocks];
    }
  }

  /** Returns the number of columns of the input. */
  public int cols() {
    return cols;
  }

  /** Returns the number of columns with padding. */
  public int paddedCols() {
    return paddedCols;
  }

  /** Returns the number of columns that share a scale. */
  public int blockSize() {
    return blockSize;
  }

  /** Returns the number of scales of a token. */
  public int blocks() {
    return blocks;
  }
}
