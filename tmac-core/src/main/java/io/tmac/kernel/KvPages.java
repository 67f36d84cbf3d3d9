package io.tmac.kernel;

import io.tmac.KvCacheType;
import java.util.Arrays;

/**
 * Keys and values of one layer of one sequence, in pages of {@link #PAGE} positions that are made
 * when they are needed, one for each head.
 */
public final class KvPages {
  /** Positions per page. */
  public static final int PAGE = 64;

  private final KvCacheType type;
  private final int kvHeads;
  private final int headDim;
  private final int window;
  private KvPage[][] pages = {};

  /** Creates an empty cache whose tokens attend to all before them. */
  public KvPages(KvCacheType type, int kvHeads, int headDim) {
    this(type, kvHeads, headDim, 0);
  }

  /**
   * Creates an empty cache.
   *
   * @param window positions that a token attends to, its own being the last; 0 for all
   */
  public KvPages(KvCacheType type, int kvHeads, int headDim, int window) {
    this.type = type;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.window = window == 0 ? Integer.MAX_VALUE : window;
  }

  /** Returns the number of positions that a token attends to, its own included. */
  public int window() {
    return window;
  }

  /** Returns the first position that the token at {@code position} attends to. */
  public int firstVisible(int position) {
    return Math.max(0, position - window + 1);
  }

  /** Returns the number of heads. */
  public int kvHeads() {
    return kvHeads;
  }

  /** Returns the width of a head. */
  public int headDim() {
    return headDim;
  }

  /** Returns the positions {@code page * PAGE} to {@code page * PAGE + PAGE - 1} of a head. */
  public KvPage page(int page, int kvHead) {
    return pages[page][kvHead];
  }

  /** Makes room for {@code positions} positions. */
  public void reserve(int positions) {
    int count = Math.ceilDiv(positions, PAGE);
    int present = pages.length;
    if (count <= present) {
      return;
    }
    KvPage[][] more = Arrays.copyOf(pages, count);
    for (int page = present; page < count; page++) {
      more[page] = new KvPage[kvHeads];
      for (int head = 0; head < kvHeads; head++) {
        more[page][head] =
            switch (type) {
              case F32 -> new F32Page(headDim);
              case F16 -> new F16Page(headDim);
            };
      }
    }
    pages = more;
  }

  /** Frees the pages behind {@code positions} positions. */
  public void trim(int positions) {
    int count = Math.ceilDiv(positions, PAGE);
    if (count < pages.length) {
      pages = Arrays.copyOf(pages, count);
    }
  }

  /**
   * Copies the first positions of another cache, in whole pages.
   *
   * @param source a cache of the same type and shape that has them
   * @param positions how many; there is room for them
   */
  public void copy(KvPages source, int positions) {
    for (int page = 0; page < Math.ceilDiv(positions, PAGE); page++) {
      for (int head = 0; head < kvHeads; head++) {
        pages[page][head].copy(source.pages[page][head]);
      }
    }
  }

  /** Returns the number of positions that there is room for. */
  public int capacity() {
    return pages.length * PAGE;
  }

  /** Returns the memory of the pages in bytes. */
  public long bytes() {
    return bytesPerPosition(type, headDim) * capacity() * kvHeads;
  }

  /** Returns the memory of one position of a head in bytes. */
  public static long bytesPerPosition(KvCacheType type, int headDim) {
    return (long) type.bytes() * (headDim + KvPage.paddedDim(headDim));
  }

  /** Stores the keys and values {@code [count x kvHeads x headDim]} of neighbouring positions. */
  public void put(int position, int count, float[] key, float[] value) {
    put(position, count, key, value, 0, 0, kvHeads);
  }

  /**
   * Stores the keys and values of some heads. Threads may store different heads at the same time.
   *
   * @param position the first position; there is room for all
   * @param count number of positions
   * @param key keys {@code [count x kvHeads x headDim]}
   * @param value values {@code [count x kvHeads x headDim]}
   * @param at index of the first position in both
   * @param fromHead first head to store
   * @param toHead head behind the last
   */
  public void put(
      int position, int count, float[] key, float[] value, int at, int fromHead, int toHead) {
    int stride = kvHeads * headDim;
    for (int i = 0; i < count; ) {
      int slot = (position + i) % PAGE;
      int n = Math.min(count - i, PAGE - slot);
      KvPage[] heads = pages[(position + i) / PAGE];
      for (int head = fromHead; head < toHead; head++) {
        heads[head].put(slot, n, key, value, at + i * stride + head * headDim, stride);
      }
      i += n;
    }
  }
}
