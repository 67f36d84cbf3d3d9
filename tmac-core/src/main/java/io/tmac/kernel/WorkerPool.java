package io.tmac.kernel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of one model. {@link #run} splits a range over the caller and the workers and returns
 * when all of it is done. A token takes about a hundred such calls, so workers spin for a short
 * time before they park, and a call allocates nothing.
 *
 * <p>The caller waits for parts that a worker has begun, not for workers: on a busy machine, where
 * a worker may not run for many milliseconds, the caller does the work itself.
 *
 * <p>Safe for use by many threads: while one caller has the workers, another one does its work
 * alone, which on a busy machine is the same share of it.
 */
@SuppressWarnings("ThreadPriorityCheck") // Yields only where the machine has more work than cores.
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
  private static final int NO_UNITS = Integer.MAX_VALUE;

  private final Thread[] workers;
  private final AtomicIntegerArray parked;
  private final AtomicBoolean inUse = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();

  /**
   * The call under way in the upper half, its next free unit in the lower one. Between two calls
   * the lower half is {@link #NO_UNITS}, so that a worker that read the fields below too late or
   * too early fails to take a part.
   */
  private final AtomicLong state = new AtomicLong(NO_UNITS);

  /** Units of the call under way that are done. */
  private final AtomicInteger done = new AtomicInteger();

  // Written by the caller before `state`, read by the workers after it.
  private Task task;
  private int units;
  private int part;
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
      inUse.set(false);
    }
  }

  private void share(int units, Task task) {
    this.task = task;
    this.units = units;
    this.part = Math.max(1, units / (threads() * PARTS_PER_THREAD));
    failure = null;
    done.set(0);
    long call = (state.get() >>> 32) + 1;
    state.set(call << 32);
    for (int i = 0; i < workers.length; i++) {
      if (parked.get(i + 1) != 0) {
        LockSupport.unpark(workers[i]);
      }
    }
    work(0);
    for (int spins = 0; done.get() < units; spins++) {
      if (spins < 10_000) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // The machine is busy: let the worker have this core.
      }
    }
    state.set(call << 32 | NO_UNITS);
    this.task = null; // It holds the buffers of a session. No worker can take a part of it now.
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {} // A task throws nothing else.
    }
  }

  /** Takes parts of the call under way until there are none. */
  private void work(int worker) {
    while (true) {
      long now = state.get();
      int from = (int) now;
      int behind = units;
      int count = Math.min(part, behind - from);
      Task todo = task;
      if (from >= behind) {
        return;
      }
      if (state.compareAndSet(now, now + count)) {
        try {
          todo.run(from, from + count, worker);
        } catch (Throwable t) {
          failure = t;
        }
        done.addAndGet(count);
      }
    }
  }

  private void loop(int worker) {
    while (await(worker)) {
      work(worker);
    }
  }

  /** Whether there may be a part to take. */
  private boolean idle() {
    int from = (int) state.get();
    return from == NO_UNITS || from >= units;
  }

  /** Waits for work; false if the pool is closed. */
  private boolean await(int worker) {
    long start = System.nanoTime();
    while (idle()) {
      for (int i = 0; i < 100 && idle(); i++) {
        Thread.onSpinWait();
      }
      if (System.nanoTime() - start > SPIN_NANOS) {
        // Set before the state is read again: a caller that misses the flag has changed the state.
        parked.set(worker, 1);
        while (idle() && !closed) {
          LockSupport.park(this);
        }
        parked.set(worker, 0);
      }
      if (closed) {
        return false;
      }
    }
    return !closed;
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
