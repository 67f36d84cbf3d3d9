package io.tmac;

import io.tmac.sampling.Logprobs;
import java.time.Duration;
import java.util.List;

/**
 * A finished generation.
 *
 * @param text the generated text, without prompt and stop string
 * @param tokens the generated tokens, without an end-of-text token
 * @param finishReason why it ended
 * @param promptTokens number of prompt tokens, BOS included
 * @param droppedTokens number of prompt tokens that {@link GenerationRequest#truncatePrompt} left
 *     out; 0 unless the request allowed it
 * @param cachedTokens number of prompt tokens whose keys and values were there already, in the
 *     session or in the {@link Batcher}, and were not computed again
 * @param seed the seed, given or drawn: with it the same request gives the same text
 * @param logprobs one entry per token if the request asked for it, else empty
 * @param queueTime time spent waiting in the queue of a {@link Batcher}; else zero
 * @param promptTime time spent on the prompt
 * @param generationTime time spent on the generated tokens
 */
public record Generation(
    String text,
    List<Integer> tokens,
    FinishReason finishReason,
    int promptTokens,
    int droppedTokens,
    int cachedTokens,
    long seed,
    List<Logprobs> logprobs,
    Duration queueTime,
    Duration promptTime,
    Duration generationTime) {

  /** Makes the lists immutable. */
  public Generation {
    tokens = List.copyOf(tokens);
    logprobs = List.copyOf(logprobs);
  }

  /**
   * Number of generated tokens.
   *
   * @return the size of {@link #tokens}
   */
  public int generatedTokens() {
    return tokens.size();
  }

  /**
   * The decoding speed.
   *
   * @return generated tokens per second, without the time for the prompt; 0 if there are none
   */
  public double tokensPerSecond() {
    double seconds = generationTime.toNanos() / 1e9;
    return tokens.isEmpty() || seconds == 0 ? 0 : tokens.size() / seconds;
  }
}
