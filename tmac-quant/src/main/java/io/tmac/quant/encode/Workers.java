package io.tmac.quant.encode;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that share the chunks of a job, the caller among them. For one caller at a time. */
public final class Workers implements AutoCloseable {

  /** Work on one chunk. */
  @FunctionalInterface
  public interface Task {
    /**
     * Works.
     *
     * @param chunk its number
     * @throws IOException if it fails
     */
    void run(int chunk) throws IOException;
  }

  private final int threads;
  private final ExecutorService others;

  /**
   * Creates the threads.
   *
   * @param threads how many, the caller included; at least 1
   */
  public Workers(int threads) {
    this.threads = threads;
    others =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1),
            Thread.ofPlatform().daemon().name("tmac-quant-", 1).factory());
  }

  /**
   * Does a task for all chunks, and returns when all are done. Chunks are begun in ascending order,
   * and none after a failure: the failure of the lowest chunk is thrown, whatever the number of
   * threads. The result of a task must not depend on the thread.
   *
   * @param chunks how many
   * @param task what to do
   * @throws IOException if a task throws one, or the caller was interrupted, who still is then
   */
  public void run(int chunks, Task task) throws IOException {
    Job job = new Job(chunks, task);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 1; i < Math.min(threads, chunks); i++) {
      running.add(others.submit(() -> job.work(Thread.currentThread())));
    }
    job.work(Thread.currentThread());
    boolean interrupted = Thread.interrupted();
    for (Future<?> other : running) {
      interrupted |= await(other);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted; nothing was written");
    }
    job.throwFailure();
  }

  /** Waits for the end of a loop over chunks, which is near. True if interrupted meanwhile. */
  private static boolean await(Future<?> other) {
    boolean interrupted = false;
    while (true) {
      try {
        other.get();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e); // Job.work catches everything.
      }
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    others.shutdown();
  }

  /** Chunks that threads take in turn. */
  private static final class Job {
    private final int chunks;
    private final Task task;
    private final AtomicInteger next = new AtomicInteger();
    private volatile boolean failed;
    private int failedChunk = Integer.MAX_VALUE;
    private Throwable failure;

    Job(int chunks, Task task) {
      this.chunks = chunks;
      this.task = task;
    }

    void work(Thread thread) {
      while (!failed && !thread.isInterrupted()) {
        int chunk = next.getAndIncrement();
        if (chunk >= chunks) {
          return;
        }
        try {
          task.run(chunk);
        } catch (Throwable t) {
          fail(chunk, t);
        }
      }
      failed = true; // An interrupted caller ends the others too.
    }

    private synchronized void fail(int chunk, Throwable t) {
      if (chunk < failedChunk) {
        failedChunk = chunk;
        failure = t;
      }
      failed = true;
    }

    synchronized void throwFailure() throws IOException {
      switch (failure) {
        case null -> {}
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(failure); // A task throws nothing else.
      }
    }
  }
}
