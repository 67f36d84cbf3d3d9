package io.tmac.quant.train;

import io.tmac.BatcherOptions;
import io.tmac.sampling.SamplingOptions;
import java.util.Objects;

/**
 * How {@link TeacherTexts} samples. Immutable; each {@code with} method returns a changed copy.
 *
 * @param sampling how tokens are chosen. Default: temperature 0.6, top-k 40, top-p 0.9, repetition
 *     penalty 1.1
 * @param maxTokens tokens after which a text is cut, at least 1. Default: 220
 * @param streams texts that are sampled at the same time, from 1 to {@link
 *     BatcherOptions#MAX_SLOTS}. They do not change the texts. Default: 64
 * @param seed what the texts follow from, together with their numbers. Default: 0
 */
public record TeacherOptions(SamplingOptions sampling, int maxTokens, int streams, long seed) {

  /** All defaults. */
  public static final TeacherOptions DEFAULT =
      new TeacherOptions(
          SamplingOptions.DEFAULT
              .withTemperature(0.6f)
              .withTopK(40)
              .withTopP(0.9f)
              .withRepetitionPenalty(1.1f),
          220,
          64,
          0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is outside its range
   */
  public TeacherOptions {
    Objects.requireNonNull(sampling, "sampling");
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1: " + maxTokens);
    }
    if (streams < 1 || streams > BatcherOptions.MAX_SLOTS) {
      throw new IllegalArgumentException(
          "streams must be 1 to " + BatcherOptions.MAX_SLOTS + ": " + streams);
    }
  }

  /**
   * Sets {@link #sampling}.
   *
   * @param sampling how tokens are chosen
   * @return the changed copy
   */
  public TeacherOptions withSampling(SamplingOptions sampling) {
    return new TeacherOptions(sampling, maxTokens, streams, seed);
  }

  /**
   * Sets {@link #maxTokens}.
   *
   * @param maxTokens at least 1
   * @return the changed copy
   */
  public TeacherOptions withMaxTokens(int maxTokens) {
    return new TeacherOptions(sampling, maxTokens, streams, seed);
  }

  /**
   * Sets {@link #streams}.
   *
   * @param streams from 1 to {@link BatcherOptions#MAX_SLOTS}
   * @return the changed copy
   */
  public TeacherOptions withStreams(int streams) {
    return new TeacherOptions(sampling, maxTokens, streams, seed);
  }

  /**
   * Sets {@link #seed}.
   *
   * @param seed any number
   * @return the changed copy
   */
  public TeacherOptions withSeed(long seed) {
    return new TeacherOptions(sampling, maxTokens, streams, seed);
  }
}
