package io.tmac.gateway.limit;

import io.tmac.gateway.http.ApiError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * The limits of all callers: requests in a sliding window, calls at the same time, tokens per
 * minute. A try that is refused does not count.
 *
 * <p>Memory is bounded: a caller takes eight bytes per request of its window, and there are at most
 * {@value #MAX_CALLERS} of them. Beyond that, whoever has been away longest is forgotten. Safe for
 * use by many threads.
 */
public final class Limiter {
  static final int MAX_CALLERS = 10_000;
  private static final long SECOND = 1_000_000_000;

  /**
   * A call holds its place until after its last byte is sent, so a client that asks again at once
   * may be here first. It waits this long, in nanoseconds, before it is refused.
   */
  private static final long CROWD_PATIENCE = SECOND / 5;

  private final Duration window;
  private final LongSupplier nanos;
  private final InstantSource clock;
  private final int maxCallers;

  /** In the order of the last visit. */
  private final Map<String, Caller> callers = new LinkedHashMap<>(16, 0.75f, true);

  /** What one caller has used. Guarded by the limiter. */
  private static final class Caller {
    final RequestWindow requests;
    final TokenWindow tokens = new TokenWindow();
    int running;

    Caller(Duration window) {
      requests = new RequestWindow(window.toNanos());
    }

    boolean isIdle(long now) {
      return running == 0 && requests.count(now) == 0 && tokens.used(now) == 0;
    }
  }

  /**
   * What a caller has used of its window.
   *
   * @param requests requests that count now
   * @param startSeconds when the oldest of them was made, in seconds since 1970
   * @param tokens tokens of the last minute
   * @param running calls at this moment
   */
  public record Usage(int requests, long startSeconds, long tokens, int running) {}

  /** A call that was let in. */
  public final class Permit implements AutoCloseable {
    private final Caller caller;
    private boolean closed;

    private Permit(Caller caller) {
      this.caller = caller;
    }

    /** Counts tokens that the call has read or written. */
    public void countTokens(long tokens) {
      if (tokens > 0) {
        synchronized (Limiter.this) {
          caller.tokens.add(nanos.getAsLong(), tokens);
        }
      }
    }

    @Override
    public void close() {
      synchronized (Limiter.this) {
        if (!closed) {
          closed = true;
          caller.running--;
          Limiter.this.notifyAll();
        }
      }
    }
  }

  /**
   * Creates a limiter.
   *
   * @param window length of the sliding window of requests
   */
  public Limiter(Duration window) {
    this(window, System::nanoTime, InstantSource.system(), MAX_CALLERS);
  }

  Limiter(Duration window, LongSupplier nanos, InstantSource clock, int maxCallers) {
    this.window = window;
    this.nanos = nanos;
    this.clock = clock;
    this.maxCallers = maxCallers;
  }

  /**
   * Lets a call in.
   *
   * @param id who calls
   * @param limits what it may use
   * @param headers takes the headers of the reply that tell the state of the limits
   * @return the permit; closed when the call ends
   * @throws ApiError with status 429 and Retry-After
   */
  public synchronized Permit enter(String id, Limits limits, BiConsumer<String, String> headers) {
    awaitPlace(id, limits.parallel());
    long now = nanos.getAsLong();
    forgetIdle(now);
    Caller caller = callers.computeIfAbsent(id, key -> new Caller(window));
    long requestWait = caller.requests.untilFree(now, limits.requests());
    long tokenWait =
        limits.tokensPerMinute() == 0 ? 0 : caller.tokens.untilFree(now, limits.tokensPerMinute());
    boolean crowded = limits.parallel() > 0 && caller.running >= limits.parallel();
    boolean allowed = requestWait == 0 && tokenWait == 0 && !crowded;
    if (allowed) {
      caller.requests.add(now);
      caller.running++;
    }
    tell(caller, limits, now, requestWait, headers);
    if (allowed) {
      return new Permit(caller);
    }
    if (crowded && requestWait == 0 && tokenWait == 0) {
      throw refuse("Too many calls at the same time: " + limits.parallel() + " are allowed", 1);
    }
    if (tokenWait > requestWait) {
      throw refuse(
          "Token limit exceeded: " + limits.tokensPerMinute() + " per minute", seconds(tokenWait));
    }
    throw refuse("Rate limit exceeded", seconds(requestWait));
  }

  private void awaitPlace(String id, int parallel) {
    long end = System.nanoTime() + CROWD_PATIENCE;
    while (parallel > 0) {
      Caller caller = callers.get(id);
      long millis = (end - System.nanoTime()) / 1_000_000;
      if (caller == null || caller.running < parallel || millis <= 0) {
        return;
      }
      try {
        wait(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static ApiError refuse(String message, long seconds) {
    return ApiError.of(429, message).withCode("rate_limit_exceeded").retryAfter(seconds);
  }

  /** Rounds up: whoever comes back then is let in. */
  private static long seconds(long nanos) {
    return Math.ceilDiv(nanos, SECOND);
  }

  private void tell(
      Caller caller, Limits limits, long now, long wait, BiConsumer<String, String> headers) {
    int remaining = Math.max(0, limits.requests() - caller.requests.count(now));
    long reset = wait > 0 ? wait : window.toNanos();
    headers.accept("X-RateLimit-Limit", Integer.toString(limits.requests()));
    headers.accept("X-RateLimit-Remaining", Integer.toString(remaining));
    headers.accept(
        "X-RateLimit-Reset",
        Long.toString(Math.ceilDiv(clock.millis() + reset / 1_000_000, 1000L)));
    headers.accept("x-ratelimit-limit-requests", Integer.toString(limits.requests()));
    headers.accept("x-ratelimit-remaining-requests", Integer.toString(remaining));
    headers.accept("x-ratelimit-reset-requests", duration(reset));
    if (limits.tokensPerMinute() > 0) {
      long left = Math.max(0, limits.tokensPerMinute() - caller.tokens.used(now));
      headers.accept("x-ratelimit-limit-tokens", Integer.toString(limits.tokensPerMinute()));
      headers.accept("x-ratelimit-remaining-tokens", Long.toString(left));
      headers.accept("x-ratelimit-reset-tokens", duration(caller.tokens.untilFree(now, 1)));
    }
  }

  /** Writes a time as OpenAI does: {@code 12ms}, {@code 1.5s}, {@code 6m0s}, {@code 1h0m0s}. */
  static String duration(long nanos) {
    long millis = Math.ceilDiv(nanos, 1_000_000L);
    if (millis < 1000) {
      return millis + "ms";
    }
    long hours = millis / 3_600_000;
    long minutes = millis / 60_000 % 60;
    String text = (hours > 0 ? hours + "h" : "") + (hours > 0 || minutes > 0 ? minutes + "m" : "");
    long fraction = millis % 1000;
    String decimals = fraction == 0 ? "" : ("." + (1000 + fraction)).replaceFirst("1", "");
    return text + millis / 1000 % 60 + decimals.replaceFirst("0+$", "") + "s";
  }

  /** Returns what a caller has used. */
  public synchronized Usage usage(String id) {
    long now = nanos.getAsLong();
    long wall = clock.millis();
    Caller caller = callers.get(id);
    if (caller == null) {
      return new Usage(0, wall / 1000, 0, 0);
    }
    long age = now - caller.requests.start(now);
    return new Usage(
        caller.requests.count(now),
        (wall - age / 1_000_000) / 1000,
        caller.tokens.used(now),
        caller.running);
  }

  synchronized int size() {
    return callers.size();
  }

  /** Looks at those who have been away longest; most calls look at one of them. */
  private void forgetIdle(long now) {
    Iterator<Caller> eldest = callers.values().iterator();
    while (eldest.hasNext()) {
      Caller caller = eldest.next();
      if (caller.isIdle(now)) {
        eldest.remove();
      } else if (callers.size() < maxCallers) {
        return;
      } else if (caller.running == 0) {
        eldest.remove();
      }
    }
  }
}
