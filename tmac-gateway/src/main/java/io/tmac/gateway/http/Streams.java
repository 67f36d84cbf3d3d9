package io.tmac.gateway.http;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Writes to clients, but not for ever: whoever does not read is cut off. A writer that is stuck in
 * a socket can be freed by an interrupt alone; closing the socket from another thread waits too.
 */
final class Streams implements AutoCloseable {
  private static final int PART = 1 << 14;

  private final ScheduledThreadPoolExecutor watchdog;
  private final Duration patience;

  /** A write step. */
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }

  Streams(Duration patience) {
    this.patience = patience;
    watchdog =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("tmac-gateway-watchdog").factory());
    watchdog.setRemoveOnCancelPolicy(true);
  }

  /** Writes and flushes. A client that reads slowly but steadily has time for each part. */
  void write(OutputStream out, byte[] bytes) throws IOException {
    for (int from = 0; from < bytes.length; from += PART) {
      int start = from;
      int length = Math.min(PART, bytes.length - from);
      watched(() -> {
        out.write(bytes, start, length);
        if (start + length == bytes.length) {
          out.flush();
        }
      });
    }
  }

  void close(OutputStream out) throws IOException {
    watched(out::close);
  }

  private void watched(Write write) throws IOException {
    Writer writer = new Writer(Thread.currentThread());
    ScheduledFuture<?> alarm =
        watchdog.schedule(writer::interrupt, patience.toMillis(), TimeUnit.MILLISECONDS);
    try {
      write.run();
    } finally {
      alarm.cancel(false);
      writer.done();
    }
  }

  /** Interrupts a thread, but not after it is done. */
  private static final class Writer {
    private final Thread thread;
    private boolean writing = true;

    Writer(Thread thread) {
      this.thread = thread;
    }

    synchronized void interrupt() {
      if (writing) {
        thread.interrupt();
      }
    }

    synchronized void done() {
      writing = false;
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
  }
}
