package io.tmac;

import io.tmac.model.Pass;

/**
 * How a {@link Batcher} shares a model. Immutable; each {@code with} method returns a changed copy.
 *
 * @param slots generations that run at the same time, from 1 to {@link #MAX_SLOTS}. Default: 8
 * @param queueCapacity requests that may wait for a slot, at least 0. Default: 64
 * @param prefillChunk tokens of prompts that a pass computes while other generations run, at least
 *     1: with more, prompts are done sooner and running generations get slower meanwhile. Default:
 *     32
 * @param cacheTokens tokens whose keys and values are in memory, of running generations and of
 *     finished ones together, at least 1. A generation that may need more than are free waits.
 *     Default: 0, the context length for each slot, or as many as fit into half of the heap, but
 *     not less than one context
 * @param prefixTokens tokens of finished generations whose keys and values are kept, for requests
 *     that begin with the same tokens; at least 0, which turns this off. They give way to running
 *     generations. Default: as many as {@code cacheTokens} allows
 */
public record BatcherOptions(
    int slots, int queueCapacity, int prefillChunk, long cacheTokens, long prefixTokens) {

  /** The most {@link #slots}: a pass takes so many tokens. */
  public static final int MAX_SLOTS = Pass.MAX_TOKENS;

  /** All defaults. */
  public static final BatcherOptions DEFAULT = new BatcherOptions(8, 64, 32, 0, Long.MAX_VALUE);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is outside its range
   */
  public BatcherOptions {
    if (slots < 1 || slots > MAX_SLOTS) {
      throw new IllegalArgumentException("slots must be 1 to " + MAX_SLOTS + ": " + slots);
    }
    atLeast(0, "queueCapacity", queueCapacity);
    atLeast(1, "prefillChunk", prefillChunk);
    atLeast(0, "cacheTokens", cacheTokens);
    atLeast(0, "prefixTokens", prefixTokens);
  }

  private static void atLeast(long least, String name, long value) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
    }
  }

  /**
   * Sets {@link #slots}.
   *
   * @param slots from 1 to {@link #MAX_SLOTS}
   * @return the changed copy
   */
  public BatcherOptions withSlots(int slots) {
    return new BatcherOptions(slots, queueCapacity, prefillChunk, cacheTokens, prefixTokens);
  }

  /**
   * Sets {@link #queueCapacity}.
   *
   * @param queueCapacity at least 0
   * @return the changed copy
   */
  public BatcherOptions withQueueCapacity(int queueCapacity) {
    return new BatcherOptions(slots, queueCapacity, prefillChunk, cacheTokens, prefixTokens);
  }

  /**
   * Sets {@link #prefillChunk}.
   *
   * @param prefillChunk at least 1
   * @return the changed copy
   */
  public BatcherOptions withPrefillChunk(int prefillChunk) {
    return new BatcherOptions(slots, queueCapacity, prefillChunk, cacheTokens, prefixTokens);
  }

  /**
   * Sets {@link #cacheTokens}.
   *
   * @param cacheTokens at least 1, or 0 for the default
   * @return the changed copy
   */
  public BatcherOptions withCacheTokens(long cacheTokens) {
    return new BatcherOptions(slots, queueCapacity, prefillChunk, cacheTokens, prefixTokens);
  }

  /**
   * Sets {@link #prefixTokens}.
   *
   * @param prefixTokens at least 0; 0 keeps none
   * @return the changed copy
   */
  public BatcherOptions withPrefixTokens(long prefixTokens) {
    return new BatcherOptions(slots, queueCapacity, prefillChunk, cacheTokens, prefixTokens);
  }
}
