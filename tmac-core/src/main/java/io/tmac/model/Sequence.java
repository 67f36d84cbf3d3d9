package io.tmac.model;

import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.kernel.KvPages;
import java.util.Arrays;

/**
 * One sequence of tokens: which they are, and their keys and values. A {@link Pass} appends to it.
 * Used by one thread at a time.
 */
public final class Sequence {
  /** Tokens whose keys and values share their memory: it grows by so many. */
  public static final int PAGE = KvPages.PAGE;

  final KvCache cache;

  /** The tokens; those behind the length mean nothing. */
  private int[] ids = new int[PAGE];

  private int length;

  Sequence(ModelConfig config, KvCacheType cacheType) {
    this.cache = new KvCache(config, cacheType);
  }

  /** Makes room for {@code tokens} more tokens. */
  void reserve(int tokens) {
    cache.reserve(length + tokens);
    if (length + tokens > ids.length) {
      ids = Arrays.copyOf(ids, Math.max(length + tokens, 2 * ids.length));
    }
  }

  /** Appends tokens, whose keys and values have been stored. */
  void append(int[] tokens, int from, int count) {
    System.arraycopy(tokens, from, ids, length, count);
    length += count;
  }

  /** Returns the number of tokens so far: the position of the next one. */
  public int length() {
    return length;
  }

  /**
   * Returns how many tokens this sequence and a text have in common, from the start on.
   *
   * @param tokens the text
   * @param limit the most tokens of it to look at
   */
  public int common(int[] tokens, int limit) {
    int end = Math.min(length, Math.min(tokens.length, limit));
    int mismatch = Arrays.mismatch(ids, 0, end, tokens, 0, end);
    return mismatch < 0 ? end : mismatch;
  }

  /**
   * Forgets the tokens from a position on. Their memory stays, see {@link #trim}.
   *
   * @param length the number of tokens to keep
   */
  public void truncate(int length) {
    if (length < 0 || length > this.length) {
      throw new IllegalArgumentException("length must be 0 to " + this.length + ": " + length);
    }
    this.length = length;
  }

  /**
   * Gives back memory.
   *
   * @param tokens the tokens that there must still be room for, at least {@link #length}
   */
  public void trim(int tokens) {
    cache.trim(Math.max(tokens, length));
  }

  /**
   * Takes over the first tokens of another sequence with their keys and values.
   *
   * @param source a sequence of the same model
   * @param count how many tokens, at most its length
   */
  public void copy(Sequence source, int count) {
    length = 0;
    reserve(count);
    cache.copy(source.cache, count);
    append(source.ids, 0, count);
  }

  /** Returns the number of tokens that there is memory for. */
  public int capacity() {
    return cache.capacity();
  }

  /** Returns the memory of the keys and values in bytes. */
  public long cacheBytes() {
    return cache.bytes();
  }
}
