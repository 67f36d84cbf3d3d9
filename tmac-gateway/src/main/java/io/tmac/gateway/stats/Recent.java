package io.tmac.gateway.stats;

import java.util.function.LongSupplier;

/** Counts what happened in the last 60 seconds, second by second. Safe for use by many threads. */
final class Recent {
  private static final int SECONDS = 60;

  private final LongSupplier nanos;
  private final long start;
  private final long[] counts = new long[SECONDS];
  private long newest;

  Recent(LongSupplier nanos) {
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  private long now() {
    long second = (nanos.getAsLong() - start) / 1_000_000_000;
    for (long old = Math.max(newest + 1, second - SECONDS + 1); old <= second; old++) {
      counts[(int) (old % SECONDS)] = 0;
    }
    newest = Math.max(newest, second);
    return second;
  }

  synchronized void add() {
    counts[(int) (now() % SECONDS)]++;
  }

  synchronized double perSecond() {
    long seconds = Math.clamp(now() + 1, 1, SECONDS);
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return Math.round(100.0 * sum / seconds) / 100.0;
  }
}
