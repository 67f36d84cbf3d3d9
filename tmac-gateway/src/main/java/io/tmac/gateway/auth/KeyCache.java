package io.tmac.gateway.auth;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Keys that were used lately, by their hashes, so that not every call asks the database. A change
 * empties it at once; a key that was being read meanwhile does not get in. Safe for use by many
 * threads.
 */
final class KeyCache {
  private static final int MAX = 10_000;

  private final long maxAge;
  private final LongSupplier nanos;
  private long changes;
  private final Map<String, Cached> entries =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
          return size() > MAX;
        }
      };

  private record Cached(ApiKey key, long time) {}

  /**
   * Creates an empty cache.
   *
   * @param maxAge after which time a key is read again, for changes that others make
   */
  KeyCache(Duration maxAge, LongSupplier nanos) {
    this.maxAge = maxAge.toNanos();
    this.nanos = nanos;
  }

  /** Returns a key, or null. */
  synchronized ApiKey get(String hash) {
    Cached entry = entries.get(hash);
    return entry == null || nanos.getAsLong() - entry.time >= maxAge ? null : entry.key;
  }

  /** Returns a mark to be given to {@link #put}; taken before the database is read. */
  synchronized long mark() {
    return changes;
  }

  synchronized void put(String hash, ApiKey key, long mark) {
    if (mark == changes) {
      entries.put(hash, new Cached(key, nanos.getAsLong()));
    }
  }

  /** Forgets everything; called after each change, once it is committed. */
  synchronized void clear() {
    changes++;
    entries.clear();
  }
}
