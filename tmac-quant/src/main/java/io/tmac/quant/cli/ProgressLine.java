package io.tmac.quant.cli;

import io.tmac.quant.QuantProgress;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows progress on standard error. On a terminal it is one line that is drawn over and at last
 * removed; elsewhere a line now and then, and none for a short run.
 */
final class ProgressLine implements QuantProgress, AutoCloseable {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 5_000_000_000L;

  private final PrintStream err;
  private final boolean terminal;
  private long last = System.nanoTime();
  private int drawn;

  private ProgressLine(PrintStream err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** The progress of a command; nothing if it is to be quiet. */
  static ProgressLine of(Streams streams, boolean quiet) {
    return new ProgressLine(quiet ? null : streams.err(), streams.onTerminal());
  }

  /** The same on a stream that is known to be a terminal or not. */
  static ProgressLine of(PrintStream err, boolean terminal) {
    return new ProgressLine(err, terminal);
  }

  @Override
  public void update(String tensor, long done, long total) {
    long now = System.nanoTime();
    if (err == null || now - last < (terminal ? REDRAW_NANOS : PLAIN_NANOS)) {
      return;
    }
    last = now;
    double part = (double) done / total;
    if (terminal) {
      draw(part, tensor);
    } else {
      err.println(String.format(Locale.ROOT, "%3d %%  %s", Math.round(100 * part), tensor));
    }
  }

  private void draw(double part, String tensor) {
    int full = (int) (WIDTH * part);
    String bar = "#".repeat(full) + ".".repeat(WIDTH - full);
    String line =
        String.format(Locale.ROOT, "[%s] %3d %%  %s", bar, Math.round(100 * part), tensor);
    err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    err.flush();
    drawn = line.length();
  }

  /** Removes the line, so that what follows begins at the margin. */
  @Override
  public void close() {
    if (drawn > 0) {
      err.print("\r" + " ".repeat(drawn) + "\r");
      err.flush();
    }
  }
}
