package io.tmac;

/** A {@link Batcher} has as many waiting requests as it may have. Try again later. */
public final class QueueFullException extends TmacException {
  private static final long serialVersionUID = 1L;

  /** How many requests may wait. */
  private final int capacity;

  QueueFullException(int capacity) {
    super(
        "the queue is full: "
            + capacity
            + " requests are waiting. Try again later, or raise BatcherOptions.withQueueCapacity");
    this.capacity = capacity;
  }

  /**
   * How many requests may wait.
   *
   * @return {@link BatcherOptions#queueCapacity}
   */
  public int capacity() {
    return capacity;
  }
}
