package io.tmac.kernel;

import java.util.Arrays;

/**
 * Keys and values of one layer of one session, in pages of {@link #PAGE} positions that are made
 * when they are needed. Within a page, keys lie {@code [kvHeads x headDim x PAGE]}, so that the
 * scores of neighbouring positions are neighbours and need no horizontal sums; values lie {@code
 * [kvHeads x PAGE x headDim]}.
 */
public final class KvPages {
  /** Positions per page. */
  public static final int PAGE = 64;

  private final int kvHeads;
  private final int headDim;
  private float[][] keys = {};
  private float[][] values = {};

  /** Creates an empty cache. */
  public KvPages(int kvHeads, int headDim) {
    this.kvHeads = kvHeads;
    this.headDim = headDim;
  }

  /** Returns the width of a head. */
  public int headDim() {
    return headDim;
  }

  /** Returns the keys of a page, {@code [kvHeads x headDim x PAGE]}. */
  public float[] keys(int page) {
    return keys[page];
  }

  /** Returns the values of a page, {@code [kvHeads x PAGE x headDim]}. */
  public float[] values(int page) {
    return values[page];
  }

  /** Makes room for {@code positions} positions. */
  public void reserve(int positions) {
    int pages = Math.ceilDiv(positions, PAGE);
    int present = keys.length;
    if (pages <= present) {
      return;
    }
    keys = Arrays.copyOf(keys, pages);
    values = Arrays.copyOf(values, pages);
    int size = Math.multiplyExact(PAGE, kvHeads * headDim);
    for (int page = present; page < pages; page++) {
      keys[page] = new float[size];
      values[page] = new float[size];
    }
  }

  /** Returns the memory of the pages in bytes. */
  public long bytes() {
    return 8L * keys.length * PAGE * kvHeads * headDim;
  }

  /** Stores the key and value {@code [kvHeads x headDim]} of one position. */
  public void put(int position, float[] key, int keyOffset, float[] value, int valueOffset) {
    float[] k = keys[position / PAGE];
    float[] v = values[position / PAGE];
    int slot = position % PAGE;
    for (int i = 0; i < kvHeads * headDim; i++) {
      k[i * PAGE + slot] = key[keyOffset + i];
    }
    for (int head = 0; head < kvHeads; head++) {
      System.arraycopy(
          value, valueOffset + head * headDim, v, (head * PAGE + slot) * headDim, headDim);
    }
  }
}
