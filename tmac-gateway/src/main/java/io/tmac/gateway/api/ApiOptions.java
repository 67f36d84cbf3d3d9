package io.tmac.gateway.api;

import java.time.Duration;

/**
 * What holds for all requests.
 *
 * @param maxTokens tokens of an answer where the client names no number
 * @param deadline how long an answer may take, waiting included
 * @param heartbeat after what silence a stream says that it is still there
 */
public record ApiOptions(int maxTokens, Duration deadline, Duration heartbeat) {
  /** The most answers to one question. */
  static final int CHOICES = 8;

  /** The most strings that end a text. */
  static final int STOPS = 16;

  /** The most messages of a conversation. */
  static final int MESSAGES = 4096;

  /** The most tokens that a request may ask for. */
  static final int TOKENS = 128_000;

  /** The most alternatives that are reported per token. */
  static final int LOGPROBS = 20;

  /** The most tokens with a bias. */
  static final int BIASES = 1024;

  /** The most requests of a batch. */
  static final int BATCH = 64;

  /** 2048 tokens, ten minutes, five seconds. */
  public static final ApiOptions DEFAULT =
      new ApiOptions(2048, Duration.ofMinutes(10), Duration.ofSeconds(5));
}
