package io.tmac.kernel.vector;

/** Decides between vector kernels and their twins in plain loops. */
interface Readiness {
  /** Vectors from the first call on. */
  Readiness ALWAYS = () -> true;

  /** Plain loops for ever. */
  Readiness NEVER = () -> false;

  /** Returns true if the vectors shall be used now. */
  boolean vectors();
}
