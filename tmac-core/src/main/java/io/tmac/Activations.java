package io.tmac;

/** How the inputs of quantised matrices are represented while they are multiplied. */
public enum Activations {
  /**
   * Inputs of quantised matrices are rounded to int8: with one scale per 32 columns for 4- and
   * 8-bit weights, and one scale per token for ternary weights. Fast; the default.
   */
  INT8,
  /**
   * As {@link #INT8}, but inputs of ternary weights are rounded to 7 bits (-63 to 63) with one
   * scale per 512 columns. Faster on processors without AVX-512 VBMI, less exact.
   */
  INT7,
  /** Inputs stay float32. Exact up to rounding, slower. */
  F32
}
