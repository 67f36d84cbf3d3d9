package io.tmac.kernel;

import static io.tmac.kernel.KvPages.PAGE;

/** A page of floats. */
final class F32Page implements KvPage {
  private final int headDim;
  private final float[] keys;
  private final float[] values;

  F32Page(int headDim) {
    this.headDim = headDim;
    keys = new float[PAGE * headDim];
    values = new float[PAGE * KvPage.paddedDim(headDim)];
  }

  @Override
  public float[] keys(float[] buffer, int count) {
    return keys;
  }

  @Override
  public float[] values(float[] buffer, int count) {
    return values;
  }

  @Override
  public void put(int slot, int count, float[] key, float[] value, int at, int stride) {
    for (int i = 0; i < count; i++) {
      int from = at + i * stride;
      int k = KvPage.keyIndex(headDim, slot + i, 0);
      for (int d = 0; d < headDim; d++) {
        keys[k + d * STRIP] = key[from + d];
      }
      for (int d = 0; d < headDim; d += STRIP) {
        int width = Math.min(STRIP, headDim - d);
        System.arraycopy(value, from + d, values, KvPage.valueIndex(slot + i, d), width);
      }
    }
  }

  @Override
  public void copy(KvPage source) {
    F32Page page = (F32Page) source;
    System.arraycopy(page.keys, 0, keys, 0, keys.length);
    System.arraycopy(page.values, 0, values, 0, values.length);
  }
}
