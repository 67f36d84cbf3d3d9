package io.tmac.kernel.vector;

/**
 * Which of two twins of a kernel serves now, for the products of a matrix layout.
 *
 * @param matvec decides for the product of a matrix and one token
 * @param gemm decides for the product of a matrix and several tokens
 */
record Twins(Readiness matvec, Readiness gemm) {
  /** Vectors from the first call on. */
  static final Twins VECTORS = new Twins(Readiness.ALWAYS, Readiness.ALWAYS);

  /** Plain loops for ever. */
  static final Twins PLAIN = new Twins(Readiness.NEVER, Readiness.NEVER);
}
