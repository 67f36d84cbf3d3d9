package io.tmac.quant.encode;

/** Finds the codes -1, 0 and +1 and the scale of a row. For one thread. */
@FunctionalInterface
public interface TernaryFit {

  /**
   * Fits one row.
   *
   * @param row the row of the tensor
   * @param values {@code [cols]}, all finite; not to be changed
   * @param codes {@code [cols]}, receives the codes
   * @return the scale; it is stored as float16, which is what the codes should be meant for
   */
  float fit(int row, float[] values, byte[] codes);
}
