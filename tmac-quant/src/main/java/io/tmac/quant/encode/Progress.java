package io.tmac.quant.encode;

/** Hears what has been done, from several threads. */
@FunctionalInterface
public interface Progress {

  /**
   * Some more elements have been read.
   *
   * @param tensor the tensor that they begin in
   * @param elements how many
   */
  void add(String tensor, long elements);
}
