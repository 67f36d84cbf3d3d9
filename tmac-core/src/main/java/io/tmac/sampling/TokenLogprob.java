package io.tmac.sampling;

/**
 * A token and the natural logarithm of its probability.
 *
 * @param token the token id
 * @param logprob logarithm of the probability, in [-infinity, 0]; -infinity for a token that the
 *     model excludes
 */
public record TokenLogprob(int token, float logprob) {}
