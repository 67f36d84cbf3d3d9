package io.tmac;

/** How the inputs of quantised matrices are represented while they are multiplied. */
public enum Activations {
  /**
   * Inputs of quantised matrices are rounded to int8: with one scale per 32 columns for 4- and
   * 8-bit weights, and one scale per token for ternary weights. Fast; the default.
   */
  INT8,
  /** Inputs stay float32. Exact up to rounding, slower. */
  F32
}
