package io.tmac.gateway.auth;

import io.tmac.gateway.http.ApiError;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Slows down whoever tries keys: after too many failures within a minute an address is not listened
 * to until the oldest of them is a minute old. IPv6 addresses count by their /64, which is what one
 * customer gets. Bounded: beyond {@value #MAX} addresses the one that failed longest ago is
 * forgotten. Safe for use by many threads.
 */
public final class LoginLimit {
  private static final int MAX = 10_000;
  private static final long WINDOW = Duration.ofMinutes(1).toNanos();

  private final int limit;
  private final LongSupplier nanos;
  private final Map<String, Deque<Long>> failures =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Long>> eldest) {
          return size() > MAX;
        }
      };

  /**
   * Creates the limit.
   *
   * @param limit failures per minute, 0 for no limit
   */
  public LoginLimit(int limit) {
    this(limit, System::nanoTime);
  }

  LoginLimit(int limit, LongSupplier nanos) {
    this.limit = limit;
    this.nanos = nanos;
  }

  private static String name(InetAddress address) {
    byte[] bytes = address.getAddress();
    return HexFormat.of()
        .formatHex(address instanceof Inet6Address ? Arrays.copyOf(bytes, 8) : bytes);
  }

  /**
   * Checks that an address may try.
   *
   * @throws ApiError with status 429
   */
  synchronized void check(InetAddress address) {
    Deque<Long> times = failures.get(name(address));
    if (limit == 0 || times == null) {
      return;
    }
    long now = nanos.getAsLong();
    while (!times.isEmpty() && now - times.getFirst() >= WINDOW) {
      times.removeFirst();
    }
    if (times.size() >= limit) {
      throw ApiError.of(429, "Too many failed logins from this address")
          .withCode("rate_limit_exceeded")
          .retryAfter(Math.ceilDiv(times.getFirst() + WINDOW - now, 1_000_000_000L));
    }
  }

  /** Counts a failure. */
  synchronized void failed(InetAddress address) {
    if (limit == 0) {
      return;
    }
    Deque<Long> times = failures.computeIfAbsent(name(address), key -> new ArrayDeque<>());
    if (times.size() == limit) {
      times.removeFirst();
    }
    times.addLast(nanos.getAsLong());
  }

  synchronized int size() {
    return failures.size();
  }
}
