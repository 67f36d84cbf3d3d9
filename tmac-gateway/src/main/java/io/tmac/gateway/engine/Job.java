package io.tmac.gateway.engine;

import io.tmac.ChatMessage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a client asks of a model, in whichever API it asked. What is empty is the model's or the
 * gateway's default.
 *
 * @param prompt a conversation or plain text
 * @param maxTokens tokens to write at most
 * @param sampling how tokens are chosen
 * @param stops strings that end the text
 * @param seed makes sampling repeatable
 * @param logprobs how many alternatives to report per token; empty for no probabilities
 * @param deadline how long it may take, waiting included
 */
public record Job(
    Prompt prompt,
    OptionalInt maxTokens,
    Sampling sampling,
    List<String> stops,
    OptionalLong seed,
    OptionalInt logprobs,
    Duration deadline) {

  /** What the model reads. */
  public sealed interface Prompt {

    /**
     * A conversation.
     *
     * @param messages the oldest first
     * @param variables more variables for the chat template
     */
    record Chat(List<ChatMessage> messages, Map<String, Object> variables) implements Prompt {}

    /**
     * A text that the model shall go on with.
     *
     * @param text the text
     */
    record Text(String text) implements Prompt {}
  }

  /**
   * How tokens are chosen; see {@link io.tmac.sampling.SamplingOptions}.
   *
   * @param logitBias what is added to the logits of tokens
   */
  public record Sampling(
      OptionalDouble temperature,
      OptionalDouble topP,
      OptionalInt topK,
      OptionalDouble minP,
      OptionalDouble repetitionPenalty,
      OptionalInt repetitionWindow,
      OptionalDouble presencePenalty,
      OptionalDouble frequencyPenalty,
      Map<Integer, Float> logitBias) {

    /** All defaults. */
    public static final Sampling DEFAULT =
        new Sampling(
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Map.of());
  }
}
