package io.tmac;

/** How the keys and values of a sequence are stored. Attention computes with floats in any case. */
public enum KvCacheType {
  /** 32-bit floats. Exact; the default. */
  F32,
  /**
   * 16-bit floats (IEEE 754 binary16), rounded to nearest: half the memory. Keys and values beyond
   * 65504 become infinite.
   */
  F16;

  /**
   * The size of one number.
   *
   * @return bytes, 4 or 2
   */
  public int bytes() {
    return this == F32 ? Float.BYTES : Short.BYTES;
  }
}
