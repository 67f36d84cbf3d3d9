package io.tmac.quant;

import io.tmac.Session.LogitsVisitor;

/** Something that predicts tokens. */
@FunctionalInterface
interface LogitSource {

  /**
   * Computes the logits of a sequence.
   *
   * @param tokens the whole sequence
   * @param visitor receives the logits of each position in turn
   */
  void logits(int[] tokens, LogitsVisitor visitor);
}
