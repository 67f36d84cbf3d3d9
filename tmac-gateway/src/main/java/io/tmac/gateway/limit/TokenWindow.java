package io.tmac.gateway.limit;

/**
 * Tokens of the last minute, counted second by second: a token is forgotten 60 to 61 seconds after
 * it was counted. Not safe for use by several threads.
 */
final class TokenWindow {
  private static final long SECOND = 1_000_000_000;
  private static final int SECONDS = 61;

  private final long[] counts = new long[SECONDS];
  private final long[] seconds = new long[SECONDS];
  private long used;

  private long forget(long now) {
    long second = Math.floorDiv(now, SECOND);
    if (used > 0) {
      for (int i = 0; i < SECONDS; i++) {
        if (counts[i] > 0 && second - seconds[i] >= SECONDS) {
          used -= counts[i];
          counts[i] = 0;
        }
      }
    }
    return second;
  }

  /** Returns the tokens that count now. */
  long used(long now) {
    forget(now);
    return used;
  }

  /** Counts tokens. */
  void add(long now, long tokens) {
    long second = forget(now);
    int i = Math.floorMod(second, SECONDS);
    seconds[i] = second;
    counts[i] += tokens;
    used += tokens;
  }

  /** Returns how long until less than the limit counts, in nanoseconds; 0 for now. */
  long untilFree(long now, long limit) {
    long second = forget(now);
    long left = used;
    for (long old = second - SECONDS + 1; left >= limit && old <= second; old++) {
      int i = Math.floorMod(old, SECONDS);
      if (counts[i] > 0 && seconds[i] == old) {
        left -= counts[i];
        if (left < limit) {
          return (old + SECONDS) * SECOND - now;
        }
      }
    }
    return 0;
  }
}
