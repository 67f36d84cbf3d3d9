package io.tmac.quant.encode;

/** Finds the codes from -8 to 7 and the scale of a block. For one thread. */
@FunctionalInterface
public interface Int4Fit {

  /** Elements of a block. */
  int BLOCK = 32;

  /**
   * Fits one block. Blocks run over the flat array of all layers, so that one may begin inside a
   * row, run into the next one, and even into the next layer; it belongs to the tensor it begins
   * in.
   *
   * @param element index of the block's first element in its tensor; its column is {@code element %
   *     cols}
   * @param values all finite; not to be changed
   * @param from index of the block's first value; {@link #BLOCK} values count, zeros behind the end
   *     of the last layer
   * @param codes receives the codes, at the same indexes
   * @return the scale; it is stored as float16, which is what the codes should be meant for
   */
  float fit(long element, float[] values, int from, byte[] codes);
}
