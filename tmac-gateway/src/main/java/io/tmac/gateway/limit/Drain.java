package io.tmac.gateway.limit;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Principal;
import java.time.Duration;

/**
 * Lets running calls come to their end before a stop: from {@link #begin} on, new calls get status
 * 503 and {@link #accepting} is false. Safe for use by many threads.
 */
public final class Drain implements Guard {
  private final Guard guard;
  private boolean accepting = true;
  private int running;

  /** Stands before another guard. */
  public Drain(Guard guard) {
    this.guard = guard;
  }

  @Override
  public Admission admit(Call call) {
    enter(call);
    try {
      return new Counted(guard.admit(call));
    } catch (RuntimeException | Error e) {
      leave();
      throw e;
    }
  }

  private synchronized void enter(Call call) {
    if (!accepting) {
      call.replyHeaders().set("Connection", "close");
      throw ApiError.of(503, "The server is stopping").withCode("server_stopping").retryAfter(5);
    }
    running++;
  }

  private synchronized void leave() {
    running--;
    notifyAll();
  }

  /** Whether new calls are let in. */
  public synchronized boolean accepting() {
    return accepting;
  }

  /** Returns the number of calls that were let in and have not ended. */
  public synchronized int running() {
    return running;
  }

  /** Lets nobody in any more. Idempotent. */
  public synchronized void begin() {
    accepting = false;
  }

  /**
   * Waits until the last call has ended.
   *
   * @return whether it has; otherwise the time was over
   */
  public synchronized boolean await(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (running > 0) {
      long millis = Math.ceilDiv(end - System.nanoTime(), 1_000_000L);
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  private final class Counted implements Admission {
    private final Admission admission;
    private boolean closed;

    Counted(Admission admission) {
      this.admission = admission;
    }

    @Override
    public Principal principal() {
      return admission.principal();
    }

    @Override
    public void checkModel(String model) {
      admission.checkModel(model);
    }

    @Override
    public void countTokens(long tokens) {
      admission.countTokens(tokens);
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      try {
        admission.close();
      } finally {
        leave();
      }
    }
  }
}
