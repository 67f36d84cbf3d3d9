package io.tmac;

/**
 * What a {@link Batcher} is doing, and has done since it was made. The numbers are read one after
 * the other while it works.
 *
 * @param slots generations that may run at the same time
 * @param running generations that run
 * @param queued requests that wait
 * @param cacheTokens tokens that there is memory for now, of running and finished generations
 * @param cacheBytes memory of their keys and values
 * @param passes forward passes
 * @param promptTokens tokens of prompts, cached ones included
 * @param cachedTokens those of them whose keys and values were there already
 * @param generatedTokens tokens that were chosen, end-of-text tokens included
 * @param finished generations that have a result, whatever ended them
 * @param failed generations that ended with an exception
 * @param rejected requests that found the queue full
 */
public record BatcherStatistics(
    int slots,
    int running,
    int queued,
    long cacheTokens,
    long cacheBytes,
    long passes,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    long finished,
    long failed,
    long rejected) {}
