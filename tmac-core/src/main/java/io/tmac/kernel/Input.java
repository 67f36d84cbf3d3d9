package io.tmac.kernel;

import java.util.Arrays;

/**
 * The input of matrices: float32 values {@code [tokens x cols]}, and beside them the forms that
 * kernels ask for. A form is prepared once and serves all matrices with the same input (q, k and v;
 * gate and up).
 *
 * <p>Belongs to one session. Its arrays grow with the number of tokens and are kept.
 */
public final class Input {
  /** Columns that share a scale in {@link InputForm#INT8_BLOCKS}. */
  public static final int BLOCK = 32;

  /** Columns that share a scale in {@link InputForm#INT8_HALF_BLOCKS}. */
  public static final int HALF_BLOCK = 16;

  /** Bytes of the two tables (low and high halves) of one pair of columns. */
  public static final int TABLE_BYTES = 32;

  /** Bytes of the two tables (low and high halves) of four columns. */
  public static final int WIDE_TABLE_BYTES = 192;

  /** Bytes behind the last wide table that are read with it. */
  private static final int WIDE_PADDING = 32;

  /** Columns that share a scale in {@link InputForm#INT7_BLOCKS}. */
  public static final int INT7_BLOCK = 512;

  /** Bytes of the table of one pair of columns with 7 bits. */
  public static final int INT7_TABLE_BYTES = 16;

  private final int cols;
  private final boolean[] prepared = new boolean[InputForm.values().length];
  private final QuantizedInput perBlock;
  private final QuantizedInput perHalfBlock;
  private final QuantizedInput perToken;
  private final QuantizedInput int7;

  /** The values, {@code [tokens x cols]}. */
  public float[] x = {};

  /**
   * Tables for pairs of ternary weights, {@code [tokens x paddedCols / 2 x TABLE_BYTES]}. Entry c
   * of the pair of columns with codes (x0, x1) is {@code v = (c / 3 - 1) * x0 + (c % 3 - 1) * x1 +
   * 256} for c from 0 to 8; the first 16 bytes of a pair's tables hold {@code v % 16}, the last 16
   * {@code v / 16}.
   */
  public byte[] tables = {};

  /**
   * Tables for four ternary weights, {@code [tokens x paddedCols / 4 x WIDE_TABLE_BYTES]}. Entry c
   * of the columns with codes x is {@code v = 512 + sum of w[i] * x[i]}, where the {@code w[i] + 1}
   * are the digits of c in base 3, the first column's first, for c from 0 to 80; the first 96 bytes
   * hold {@code v % 32}, the last 96 {@code v / 32}. Behind the last table are a few bytes more, so
   * that 128 bytes from its second half on can be read.
   */
  public byte[] wideTables = {};

  /**
   * Tables for pairs of ternary weights and codes of 7 bits, {@code [tokens x paddedCols / 2 x
   * INT7_TABLE_BYTES]}: entries as in {@link #tables}, without 256.
   */
  public byte[] int7Tables = {};

  /** Creates an input of {@code cols} columns, without tokens. */
  public Input(int cols) {
    this(cols, 0);
  }

  /**
   * Creates an input without tokens.
   *
   * @param cols number of columns
   * @param leastMax what the largest magnitude of a token counts as, at least, where a token has
   *     one scale
   */
  public Input(int cols, float leastMax) {
    this.cols = cols;
    this.perBlock = new QuantizedInput(cols, BLOCK, QuantizedInput.MAX_CODE, 0);
    this.perHalfBlock = new QuantizedInput(cols, HALF_BLOCK, QuantizedInput.MAX_CODE, 0);
    this.perToken = new QuantizedInput(cols, pad(cols), QuantizedInput.MAX_CODE, leastMax);
    this.int7 = new QuantizedInput(cols, INT7_BLOCK, QuantizedInput.MAX_INT7, 0);
  }

  /** Rounds a number of columns up to whole blocks. */
  public static int pad(int cols) {
    return Math.ceilDiv(cols, BLOCK) * BLOCK;
  }

  /** Returns the number of columns. */
  public int cols() {
    return cols;
  }

  /** Whether the values have been brought into this form since {@link #clear}. */
  public boolean has(InputForm form) {
    return prepared[form.ordinal()];
  }

  /** Forgets all forms: the values are new. */
  void clear() {
    Arrays.fill(prepared, false);
  }

  /** Makes room for the values of {@code tokens} tokens; old values are lost. */
  public void reserve(int tokens) {
    if (x.length < tokens * cols) {
      x = new float[Math.multiplyExact(tokens, cols)];
    }
  }

  /**
   * Makes room for a form of {@code tokens} tokens; its old content is lost, and the caller writes
   * the new one before anything reads it.
   */
  public void reserve(InputForm form, int tokens) {
    prepared[form.ordinal()] = true;
    switch (form) {
      case FLOAT -> {}
      case INT8_BLOCKS -> perBlock.reserve(tokens);
      case INT8_HALF_BLOCKS -> perHalfBlock.reserve(tokens);
      case INT8_TOKEN -> perToken.reserve(tokens);
      case LOOKUP -> {
        perToken.reserve(tokens);
        int bytes = Math.multiplyExact(tokens, perToken.paddedCols() / 2 * TABLE_BYTES);
        if (tables.length < bytes) {
          tables = new byte[bytes];
        }
      }
      case INT7_BLOCKS -> int7.reserve(tokens);
      case INT7_LOOKUP -> {
        int7.reserve(tokens);
        int bytes = Math.multiplyExact(tokens, int7.paddedCols() / 2 * INT7_TABLE_BYTES);
        if (int7Tables.length < bytes) {
          int7Tables = new byte[bytes];
        }
      }
      case WIDE_LOOKUP -> {
        perToken.reserve(tokens);
        int bytes = Math.multiplyExact(tokens, perToken.paddedCols() / 4 * WIDE_TABLE_BYTES);
        if (wideTables.length < bytes + WIDE_PADDING) {
          wideTables = new byte[bytes + WIDE_PADDING];
        }
      }
    }
  }

  /** Returns the codes of a form other than {@link InputForm#FLOAT}. */
  public QuantizedInput quantized(InputForm form) {
    return switch (form) {
      case INT8_BLOCKS -> perBlock;
      case INT8_HALF_BLOCKS -> perHalfBlock;
      case INT7_BLOCKS, INT7_LOOKUP -> int7;
      default -> perToken;
    };
  }
}
