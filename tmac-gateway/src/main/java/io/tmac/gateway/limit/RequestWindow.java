package io.tmac.gateway.limit;

/**
 * A sliding-window log: the times of the requests of the last window, so that no span of a window's
 * length, wherever it begins, has more than the limit. A request counts from its time until the
 * window later, that moment excluded. Not safe for use by several threads.
 */
final class RequestWindow {
  private final long length;
  private long[] times = new long[4];
  private int oldest;
  private int count;

  /** A window of a length in nanoseconds. */
  RequestWindow(long length) {
    this.length = length;
  }

  private long time(int index) {
    return times[(oldest + index) % times.length];
  }

  /** Returns how many requests count now. */
  int count(long now) {
    while (count > 0 && now - time(0) >= length) {
      oldest = (oldest + 1) % times.length;
      count--;
    }
    return count;
  }

  /** Returns how long until there is room for one more request, in nanoseconds; 0 for now. */
  long untilFree(long now, int limit) {
    int counted = count(now);
    return counted < limit ? 0 : time(counted - limit) + length - now;
  }

  /** Returns when the oldest request that counts was made; now if there is none. */
  long start(long now) {
    return count(now) == 0 ? now : time(0);
  }

  /** Adds a request. */
  void add(long now) {
    if (count == times.length) {
      long[] more = new long[2 * times.length];
      for (int i = 0; i < count; i++) {
        more[i] = time(i);
      }
      times = more;
      oldest = 0;
    }
    times[(oldest + count++) % times.length] = now;
  }
}
