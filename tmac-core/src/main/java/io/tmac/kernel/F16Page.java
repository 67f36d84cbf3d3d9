package io.tmac.kernel;

import static io.tmac.kernel.KvPages.PAGE;

/**
 * A page of IEEE 754 half floats, rounded to nearest. The loops over neighbours have no other
 * statement, so that the compiler turns them into vector conversions.
 */
final class F16Page implements KvPage {
  private final int headDim;
  private final short[] keys;
  private final short[] values;

  F16Page(int headDim) {
    this.headDim = headDim;
    keys = new short[PAGE * headDim];
    values = new short[PAGE * KvPage.paddedDim(headDim)];
  }

  @Override
  public float[] keys(float[] buffer, int count) {
    widen(keys, buffer, 0, Math.ceilDiv(count, STRIP) * STRIP * headDim);
    return buffer;
  }

  @Override
  public float[] values(float[] buffer, int count) {
    for (int d = 0; d < headDim; d += STRIP) {
      int from = KvPage.valueIndex(0, d);
      widen(values, buffer, from, from + count * STRIP);
    }
    return buffer;
  }

  private static void widen(short[] halves, float[] floats, int from, int to) {
    for (int i = from; i < to; i++) {
      floats[i] = Float.float16ToFloat(halves[i]);
    }
  }

  @Override
  public void put(int slot, int count, float[] key, float[] value, int at, int stride) {
    for (int i = 0; i < count; i++) {
      int from = at + i * stride;
      int k = KvPage.keyIndex(headDim, slot + i, 0);
      for (int d = 0; d < headDim; d++) {
        keys[k + d * STRIP] = Float.floatToFloat16(key[from + d]);
      }
      for (int d = 0; d < headDim; d++) {
        values[KvPage.valueIndex(slot + i, d)] = Float.floatToFloat16(value[from + d]);
      }
    }
  }

  @Override
  public void copy(KvPage source) {
    F16Page page = (F16Page) source;
    System.arraycopy(page.keys, 0, keys, 0, keys.length);
    System.arraycopy(page.values, 0, values, 0, values.length);
  }
}
