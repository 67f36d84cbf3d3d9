package io.tmac.gateway.testing;

import java.util.concurrent.Callable;

/** Waits for what happens in another thread. */
public final class Until {
  private static final long PATIENCE = 20_000_000_000L;

  private Until() {}

  /** Waits until something holds; fails after 20 seconds. */
  public static void holds(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (!condition.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not happen");
      }
      Thread.sleep(10);
    }
  }
}
