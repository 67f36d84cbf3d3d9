package io.tmac.gateway.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A running answer. Used by one thread, except {@link #close}, which any thread may call. */
public interface Answer extends AutoCloseable {

  /**
   * A piece of the text. The text may be empty while a character or a stop string is not complete.
   *
   * @param text the text
   * @param logprobs probabilities of the tokens of this piece, if they were asked for
   */
  record Piece(String text, List<TokenLogprob> logprobs) {}

  /**
   * A token and its probability.
   *
   * @param text the token's own text; a replacement character where its bytes are no whole one
   * @param bytes its bytes, each from 0 to 255
   * @param logprob natural logarithm of its probability
   * @param top the most probable tokens at this place, the best first; their own lists are empty
   */
  record TokenLogprob(String text, List<Integer> bytes, double logprob, List<TokenLogprob> top) {}

  /**
   * How an answer ended.
   *
   * @param reason {@code stop} or {@code length}
   * @param usage what it took
   */
  record End(String reason, Usage usage) {}

  /**
   * What an answer took.
   *
   * @param promptTokens tokens read
   * @param cachedTokens how many of them were not computed again
   * @param generatedTokens tokens written
   * @param queued time in the queue
   * @param reading time for the prompt
   * @param writing time for the answer
   */
  record Usage(
      int promptTokens,
      int cachedTokens,
      int generatedTokens,
      Duration queued,
      Duration reading,
      Duration writing) {

    /** Nothing yet. */
    public static final Usage NONE =
        new Usage(0, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  /**
   * Waits for the next piece.
   *
   * @param patience how long
   * @return the piece, or empty if there is none yet or no more; {@link #end} tells which
   * @throws io.tmac.gateway.http.ApiError if the answer fails, for example at its deadline
   */
  Optional<Piece> next(Duration patience) throws InterruptedException;

  /** Returns how it ended, or empty if it runs. */
  Optional<End> end();

  /** Returns what it has taken so far, as far as that is known. */
  default Usage usage() {
    return end().map(End::usage).orElse(Usage.NONE);
  }

  /** Stops it if it runs. Idempotent. */
  @Override
  void close();
}
