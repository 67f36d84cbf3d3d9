package io.tmac.quant.train;

/** What the matrices of a model are trained as. */
public enum WeightKind {
  /** Floats; written as llama2.c v0. */
  F32,
  /** Codes -1, 0 and +1 with a scale for each row; written as TernaryV2. */
  TERNARY_V2
}
