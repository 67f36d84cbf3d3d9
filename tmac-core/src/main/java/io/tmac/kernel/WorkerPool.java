package io.tmac.kernel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of one model. {@link #run} splits a range over the caller and the workers and returns
 * when all of it is done. A token takes about a hundred such calls, so workers spin for a short
 * time before they park, and a call allocates nothing.
 *
 * <p>Safe for use by many threads: while one caller has the workers, another one does its work
 * alone, which on a busy machine is the same share of it.
 */
@SuppressWarnings({
  "ThreadPriorityCheck", // Yields only where the machine has more work than cores.
  "NonAtomicVolatileUpdate" // Only the caller that has taken the pool changes the round.
})
public final class WorkerPool implements AutoCloseable {

  /** Work on a range of units. The result must not depend on how the range is split. */
  public interface Task {
    /**
     * Does a part of the work.
     *
     * @param from first unit
     * @param to unit behind the last
     * @param worker index of the thread, from 0 to {@code threads - 1}; no two parts of one task
     *     that run at the same time have the same one
     */
    void run(int from, int to, int worker);
  }

  /** Parts per thread: small enough that a thread that falls behind is overtaken. */
  private static final int PARTS_PER_THREAD = 4;

  private static final long SPIN_NANOS = 100_000;

  private final Thread[] workers;
  private final AtomicIntegerArray parked;
  private final AtomicBoolean inUse = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();

  // Written by the caller before `round` changes, read by the workers after they have seen it.
  private Task task;
  private int units;
  private int part;
  private volatile int round;
  private volatile Throwable failure;
  private volatile boolean closed;

  /**
   * Starts the threads.
   *
   * @param threads compute threads including the caller, at least 1
   */
  public WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1: " + threads);
    }
    workers = new Thread[threads - 1];
    parked = new AtomicIntegerArray(threads);
    for (int i = 0; i < workers.length; i++) {
      int worker = i + 1;
      workers[i] =
          Thread.ofPlatform().daemon().name("tmac-" + worker).unstarted(() -> loop(worker));
    }
    for (Thread worker : workers) {
      worker.start();
    }
  }

  /** Returns the number of compute threads, the caller included. */
  public int threads() {
    return workers.length + 1;
  }

  /**
   * Does all units of a task, on several threads if they are free.
   *
   * @param units number of units
   * @param task the work
   */
  public void run(int units, Task task) {
    if (workers.length == 0 || units <= 1 || !inUse.compareAndSet(false, true)) {
      task.run(0, units, 0);
      return;
    }
    try {
      share(units, task);
    } finally {
      this.task = null;
      inUse.set(false);
    }
  }

  private void share(int units, Task task) {
    this.task = task;
    this.units = units;
    this.part = Math.max(1, units / (threads() * PARTS_PER_THREAD));
    failure = null;
    next.set(0);
    running.set(workers.length);
    round++;
    for (int i = 0; i < workers.length; i++) {
      if (parked.get(i + 1) != 0) {
        LockSupport.unpark(workers[i]);
      }
    }
    work(0);
    for (int spins = 0; running.get() > 0; spins++) {
      if (spins < 10_000) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // The machine is busy: let the worker have this core.
      }
    }
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {} // A task throws nothing else.
    }
  }

  private void work(int worker) {
    try {
      while (true) {
        int from = next.getAndAdd(part);
        if (from >= units) {
          return;
        }
        task.run(from, Math.min(units, from + part), worker);
      }
    } catch (Throwable t) {
      failure = t;
    }
  }

  private void loop(int worker) {
    int seen = 0;
    while (true) {
      if (!await(seen, worker)) {
        return;
      }
      seen = round;
      work(worker);
      running.decrementAndGet();
    }
  }

  /** Waits for a round other than {@code seen}; false if the pool is closed. */
  private boolean await(int seen, int worker) {
    long start = System.nanoTime();
    while (round == seen) {
      for (int i = 0; i < 100 && round == seen; i++) {
        Thread.onSpinWait();
      }
      if (System.nanoTime() - start > SPIN_NANOS) {
        // Set before the round is read again: a caller that misses the flag has changed the round.
        parked.set(worker, 1);
        while (round == seen && !closed) {
          LockSupport.park(this);
        }
        parked.set(worker, 0);
      }
      if (closed) {
        return false;
      }
    }
    return true;
  }

  /** Ends the threads, once a call of {@link #run} under way is done. Idempotent. */
  @Override
  public void close() {
    if (closing.getAndSet(true)) {
      return;
    }
    while (!inUse.compareAndSet(false, true)) {
      Thread.yield();
    }
    closed = true; // `inUse` stays set: later callers work alone.
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }
}
