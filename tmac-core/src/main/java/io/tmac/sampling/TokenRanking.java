package io.tmac.sampling;

/**
 * The best tokens of a logits vector, found without sorting.
 *
 * <p>A token and its logit are packed into one {@code long}, so that ascending keys are descending
 * logits and, where logits are equal, ascending tokens. No two keys are equal, so the order is
 * strict and every result is independent of how it was found:
 *
 * <pre>
 *  63                              32 31                               0
 * +----------------------------------+----------------------------------+
 * | logit, as a descending signed int| token, &gt;= 0                      |
 * +----------------------------------+----------------------------------+
 * </pre>
 */
final class TokenRanking {

  /** Room for candidates beyond the wanted ones, so that selecting them is rare. */
  private static final int SLACK = 1024;

  /** The ranked tokens are the first {@link #size} keys, in no particular order. */
  final long[] keys;

  int size;

  private final int limit;

  /**
   * A ranking that keeps the best {@code limit} of {@code vocabSize} tokens. Allocates for the
   * tokens that it keeps, not for the vocabulary.
   */
  TokenRanking(int vocabSize, int limit) {
    this.limit = Math.min(limit, vocabSize);
    this.keys = new long[(int) Math.min(vocabSize, 2L * this.limit + SLACK)];
  }

  /**
   * Fills the ranking with the best tokens of {@code logits}, without those at NaN or -infinity.
   */
  void rank(float[] logits) {
    size = 0;
    float floor = Float.NEGATIVE_INFINITY;
    for (int token = 0; token < logits.length; token++) {
      float logit = logits[token];
      if (logit > floor) { // false for NaN; a later token at the floor itself loses the tie
        if (size == keys.length) {
          floor = truncate();
        }
        keys[size++] = key(logit, token);
      }
    }
    if (size > limit) {
      truncate();
    }
  }

  /** Keeps the best {@link #limit} keys of more; returns the lowest logit kept. */
  private float truncate() {
    int from = 0;
    int to = size;
    while (from < limit && limit < to) {
      int mid = split(from, to);
      if (mid <= limit) {
        from = mid;
      } else {
        to = mid;
      }
    }
    size = limit;
    long last = Long.MIN_VALUE;
    for (int i = 0; i < limit; i++) {
      last = Math.max(last, keys[i]);
    }
    return limit == 0 ? Float.POSITIVE_INFINITY : logit(last);
  }

  /**
   * Reorders {@code keys[from, to)}, at least two, so that each key of {@code [from, mid)} precedes
   * each of {@code [mid, to)}, neither part empty. The pivot halves the range of the logits, so no
   * input, however unlucky or malicious, needs more than a few hundred splits.
   *
   * @return mid
   */
  int split(int from, int to) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (int i = from; i < to; i++) {
      first = Math.min(first, keys[i]);
      last = Math.max(last, keys[i]);
    }
    long pivot = between(first, last);
    int mid = from;
    for (int i = from; i < to; i++) { // swaps always: a branch would be unpredictable
      long key = keys[i];
      keys[i] = keys[mid];
      keys[mid] = key;
      mid += key <= pivot ? 1 : 0;
    }
    return mid;
  }

  /** A key in [first, last): the middle of the logits, or of the bits where these are too close. */
  private static long between(long first, long last) {
    float high = logit(first);
    float low = logit(last);
    float middle = high * 0.5f + low * 0.5f; // halved before the sum, which may overflow
    return low < middle && middle <= high
        ? key(middle, Integer.MAX_VALUE)
        : (first & last) + ((first ^ last) >> 1);
  }

  static long key(float logit, int token) {
    int bits = Float.floatToRawIntBits(logit + 0.0f); // -0 becomes +0: equal logits, equal bits
    int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) ~ascending << 32) | token;
  }

  static int token(long key) {
    return (int) key;
  }

  static float logit(long key) {
    int ascending = ~(int) (key >> 32);
    return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & Integer.MAX_VALUE));
  }
}
