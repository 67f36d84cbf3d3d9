package io.tmac.kernel.vector;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the compiler is done with some vector kernels. Until then each of their vectors is an
 * object and each operation a loop over its lanes: the first token of a model took longer than the
 * next hundred, and left hundreds of megabytes of garbage. So kernels have a twin in plain loops
 * with the same results, which serves until a background thread has seen the vectors run fast.
 *
 * <p>A compiled vector operation takes a fraction of a nanosecond, and one on objects at least ten,
 * so that the time of a small product tells one from the other.
 */
final class Warmup implements Readiness {
  private static final Logger LOG = LoggerFactory.getLogger(Warmup.class);

  /** Time that a vector operation may take at most. */
  private static final double NANOS_PER_OPERATION = 2;

  private static final int CALLS = 4;

  /**
   * Calls that the compiler waits for before it takes a method seriously. More of them would only
   * make garbage, so that after them the thread sleeps between its calls.
   */
  private static final int BUSY_CALLS = 1200;

  private static final long SLEEP_NANOS = 1_000_000;

  /** A token in plain loops takes about as long: it comes first. */
  private static final long DELAY_NANOS = 200_000_000;

  /** Time in the load itself: a machine that stands still does not count. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Work that runs some kernels, and how many vector operations it executes. */
  record Load(Runnable work, int operations) {}

  private final String name;
  private final Supplier<Load> supplier;
  private boolean requested;
  private volatile boolean compiled;

  // Used by the background thread alone.
  private Load load;
  private int calls;
  private long spent;

  /**
   * Describes some kernels.
   *
   * @param name what to call them in messages
   * @param supplier makes a small load for them
   */
  Warmup(String name, Supplier<Load> supplier) {
    this.name = name;
    this.supplier = supplier;
  }

  /** Whether the kernels are compiled. The first question starts their warm-up. */
  @Override
  public boolean vectors() {
    return compiled || request();
  }

  private boolean request() {
    synchronized (Queued.class) {
      if (!requested) {
        requested = true;
        Queued.add(this);
      }
    }
    return false;
  }

  /** Runs the load a few times; true if there is no more to do. */
  private boolean step() {
    try {
      return tryStep();
    } catch (RuntimeException | Error e) {
      LOG.warn("The {} kernels stay plain loops, many times slower: their warm-up failed", name, e);
      load = null;
      return true;
    }
  }

  private boolean tryStep() {
    if (load == null) {
      load = supplier.get();
    }
    long best = Long.MAX_VALUE;
    for (int call = 0; call < CALLS; call++) {
      long start = System.nanoTime();
      load.work.run();
      long time = System.nanoTime() - start;
      best = Math.min(best, time);
      spent += time;
    }
    calls += CALLS;
    if (best < load.operations * NANOS_PER_OPERATION) {
      compiled = true;
    } else if (spent > PATIENCE_NANOS) {
      LOG.warn(
          "This JVM does not compile the {} kernels to vector instructions: they stay plain loops,"
              + " many times slower",
          name);
    } else {
      return false;
    }
    load = null;
    return true;
  }

  /** The kernels that wait for the compiler, and the thread that runs them in turn. */
  private static final class Queued {
    private static final Queue<Warmup> WAITING = new ArrayDeque<>();
    private static Thread thread;

    static synchronized void add(Warmup warmup) {
      WAITING.add(warmup);
      if (thread == null) {
        thread = Thread.ofPlatform().daemon().name("tmac-warmup").start(Queued::run);
      }
    }

    private static void run() {
      LockSupport.parkNanos(DELAY_NANOS);
      Queue<Warmup> running = new ArrayDeque<>();
      while (true) {
        synchronized (Queued.class) {
          running.addAll(WAITING);
          WAITING.clear();
          if (running.isEmpty()) {
            thread = null;
            return;
          }
        }
        boolean busy = false;
        for (Iterator<Warmup> i = running.iterator(); i.hasNext(); ) {
          Warmup warmup = i.next();
          if (warmup.step()) {
            i.remove();
          } else {
            busy |= warmup.calls < BUSY_CALLS;
          }
        }
        if (!busy) {
          LockSupport.parkNanos(SLEEP_NANOS);
        }
      }
    }
  }
}
