package io.tmac.quant.encode;

/**
 * Finds the codes -1, 0 and +1 and the scale of a row, or of a block that is a part of one. For one
 * thread.
 */
@FunctionalInterface
public interface TernaryFit {

  /**
   * Fits one row or block.
   *
   * @param row the row of the tensor, or the block among all of its blocks, row after row
   * @param values all finite; not to be changed
   * @param codes receives as many codes
   * @return the scale; it is stored as float16, which is what the codes should be meant for
   */
  float fit(int row, float[] values, byte[] codes);
}
