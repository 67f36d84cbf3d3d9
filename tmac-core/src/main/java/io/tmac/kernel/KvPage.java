package io.tmac.kernel;

import static io.tmac.kernel.KvPages.PAGE;

/**
 * Keys and values of one head at {@link KvPages#PAGE} neighbouring positions, in strips of 16
 * floats, a cache line: for keys the lanes are positions, so that scores need no sum across lanes;
 * for values they are dimensions. A strip is read from its first byte to its last.
 *
 * <pre>
 * keys   [PAGE / 16 x headDim x 16]       strip 0              strip 1
 *                                         d = 0: positions 0-15   d = 0: positions 16-31
 *                                         d = 1: positions 0-15   ...
 * values [headDim / 16 x PAGE x 16]       strip 0              strip 1
 *                                         p = 0: dimensions 0-15  p = 0: dimensions 16-31
 *                                         p = 1: dimensions 0-15  ...
 * </pre>
 *
 * If headDim is not a multiple of 16, the last strip of values ends with zeros.
 *
 * <p>Both are read as floats. A page that stores something else converts into the reader's buffer.
 */
public sealed interface KvPage permits F32Page, F16Page {
  /** Width of a strip. No vector is wider. */
  int STRIP = 16;

  /**
   * Returns the index of a key. The next dimension is {@link #STRIP} further.
   *
   * @param headDim width of a head
   * @param position position within the page
   * @param d dimension
   * @return the index in {@link #keys}
   */
  static int keyIndex(int headDim, int position, int d) {
    return (position & -STRIP) * headDim + d * STRIP + position % STRIP;
  }

  /**
   * Returns the index of a value. The next position is {@link #STRIP} further.
   *
   * @param position position within the page
   * @param d dimension
   * @return the index in {@link #values}
   */
  static int valueIndex(int position, int d) {
    return (d & -STRIP) * PAGE + position * STRIP + d % STRIP;
  }

  /** Returns the width of a head, rounded up to whole strips. */
  static int paddedDim(int headDim) {
    return (headDim + STRIP - 1) & -STRIP;
  }

  /**
   * Returns the keys.
   *
   * @param buffer room for {@code PAGE * paddedDim} floats; what it held is lost
   * @param count positions that are read; what is behind them has no meaning
   * @return the buffer, or an array that must not be changed
   */
  float[] keys(float[] buffer, int count);

  /**
   * Returns the values.
   *
   * @param buffer room for {@code PAGE * paddedDim} floats; what it held is lost
   * @param count positions that are read; what is behind them has no meaning
   * @return the buffer, or an array that must not be changed
   */
  float[] values(float[] buffer, int count);

  /**
   * Stores keys and values of neighbouring positions.
   *
   * @param slot the first position's place in this page
   * @param count how many; they end within the page
   * @param key holds their keys, {@code headDim} each
   * @param value holds their values, {@code headDim} each
   * @param at index of the first in both
   * @param stride distance from one position to the next in both
   */
  void put(int slot, int count, float[] key, float[] value, int at, int stride);

  /**
   * Takes over all positions of another page.
   *
   * @param source a page of the same type and width
   */
  void copy(KvPage source);
}
