package io.tmac.gateway.limit;

/**
 * How much a caller may ask for.
 *
 * @param requests per window, at least 1
 * @param parallel calls at the same time, 0 for any number
 * @param tokensPerMinute read and written, 0 for any number
 */
public record Limits(int requests, int parallel, int tokensPerMinute) {}
