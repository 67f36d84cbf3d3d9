package io.tmac.kernel;

/**
 * Inputs rounded to int8 or to 7 bits: {@code x[t][c] ~ codes[t][c] * scales[t][c / blockSize]},
 * where {@code scale = max|x| / maxCode} over the block and codes are rounded half to even. Columns
 * are padded with zeros to {@link #paddedCols}.
 */
public final class QuantizedInput {
  /** The largest code; -128 is not used, so that sums of products stay in bounds. */
  public static final int MAX_CODE = 127;

  /** The largest code of 7 bits: the sum of two fits a byte. */
  public static final int MAX_INT7 = 63;

  private static final float SMALLEST = 1e-30f;

  private final int cols;
  private final int paddedCols;
  private final int blockSize;
  private final int blocks;
  private final int maxCode;
  private final float leastMax;

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

  /**
   * Creates room for no tokens.
   *
   * @param leastMax what the largest magnitude of a block counts as, at least
   */
  QuantizedInput(int cols, int blockSize, int maxCode, float leastMax) {
    this.leastMax = leastMax;
    this.cols = cols;
    this.paddedCols = Input.pad(cols);
    this.blockSize = blockSize;
    this.blocks = Math.ceilDiv(paddedCols, blockSize);
    this.maxCode = maxCode;
  }

  /**
   * The factor that takes values to codes.
   *
   * @param max largest magnitude of a block
   * @return {@code maxCode / max}, or 0 for a block whose values are too small for that quotient
   */
  public float inverse(float max) {
    float most = Math.max(max, leastMax);
    return most < SMALLEST ? 0 : maxCode / most;
  }

  /**
   * The scale of a block.
   *
   * @param max largest magnitude of the block
   * @return {@code max / maxCode}, the magnitude counting as no less than the model says
   */
  public float scale(float max) {
    return Math.max(max, leastMax) / maxCode;
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
