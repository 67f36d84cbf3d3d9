package io.tmac;

import io.tmac.sampling.SamplingOptions;
import io.tmac.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;

/**
 * A generation to be run: set what differs from the defaults, then ask for {@link #text()}, {@link
 * #result()} or {@link #stream()}. The prompt is computed when the first token is asked for.
 *
 * <p>Defaults: at most 256 tokens, temperature 1.0, top-p 0.9, top-k, min-p and penalties off, a
 * random seed, no stop strings, no deadline, and a prompt that does not fit the context is an
 * error.
 *
 * <p>The text is a function of the model, the prompt, these settings and the seed. Not safe for use
 * by several threads. A request may be run more than once; without a seed each run draws its own.
 */
public final class GenerationRequest {
  private static final int DEFAULT_MAX_TOKENS = 256;

  /** Longer than any process lives, and far from what overflows in nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  final Model model;

  /** The session to go on in, or null for a new one. */
  final Session session;

  final int[] prompt;
  int maxTokens = DEFAULT_MAX_TOKENS;
  SamplingOptions sampling = SamplingOptions.DEFAULT;
  List<String> stops = List.of();
  int logprobs = -1;
  boolean truncate;
  private Long seed;
  private Duration deadline;

  /** What ends an answer besides end-of-text tokens; null for plain generations. */
  private Conversation.TurnEnd turnEnd;

  /** Makes the prompt of a conversation anew, without its oldest turns; null as above. */
  private IntFunction<int[]> shortened;

  GenerationRequest(Model model, Session session, int[] prompt) {
    this.model = model;
    this.session = session;
    this.prompt = prompt;
  }

  /** Makes this the answer to a conversation, whose prompt is all of what was said so far. */
  void answers(Conversation.TurnEnd end, IntFunction<int[]> shortened) {
    this.turnEnd = end;
    this.shortened = shortened;
  }

  /** The prompt of a conversation, if possible with no more tokens than this. */
  int[] shortened(int limit) {
    return shortened.apply(limit);
  }

  /** Whether the prompt is a whole conversation, of which the session may hold a part already. */
  boolean isAnswer() {
    return turnEnd != null;
  }

  /** What ends this answer, though it ends no other text; {@link Tokenizer#NO_TOKEN} for none. */
  int turnEndToken() {
    return turnEnd == null ? Tokenizer.NO_TOKEN : turnEnd.token();
  }

  /** The seed that was given, or a new one. */
  long drawSeed() {
    return seed != null ? seed : ThreadLocalRandom.current().nextLong();
  }

  /** When a run that begins now must end, on the clock of {@link System#nanoTime}, or null. */
  Long deadlineNanos() {
    return deadline == null ? null : System.nanoTime() + deadline.toNanos();
  }

  /** The strings that end the text. */
  List<String> allStops() {
    if (turnEnd == null || turnEnd.string() == null) {
      return stops;
    }
    List<String> all = new ArrayList<>(stops);
    all.add(turnEnd.string());
    return all;
  }

  /**
   * Limits the number of generated tokens. Default 256.
   *
   * @param maxTokens at least 0
   * @return this request
   */
  public GenerationRequest maxTokens(int maxTokens) {
    if (maxTokens < 0) {
      throw new IllegalArgumentException("maxTokens must not be negative: " + maxTokens);
    }
    this.maxTokens = maxTokens;
    return this;
  }

  /**
   * Sets the temperature. Default 1.0; 0 always takes the most likely token.
   *
   * @param temperature at least 0
   * @return this request
   */
  public GenerationRequest temperature(float temperature) {
    return sampling(sampling.withTemperature(temperature));
  }

  /**
   * Chooses among the most likely tokens that together have this probability. Default 0.9.
   *
   * @param topP from 0 to 1; 1 is off
   * @return this request
   */
  public GenerationRequest topP(float topP) {
    return sampling(sampling.withTopP(topP));
  }

  /**
   * Chooses among this many most likely tokens. Default 0.
   *
   * @param topK at least 0; 0 is off
   * @return this request
   */
  public GenerationRequest topK(int topK) {
    return sampling(sampling.withTopK(topK));
  }

  /**
   * Leaves out tokens whose probability is below this share of the most likely one's. Default 0.
   *
   * @param minP from 0 to 1; 0 is off
   * @return this request
   */
  public GenerationRequest minP(float minP) {
    return sampling(sampling.withMinP(minP));
  }

  /**
   * Makes tokens of the prompt and the text less likely. Default 1.
   *
   * @param penalty above 0; 1 is off
   * @return this request
   */
  public GenerationRequest repetitionPenalty(float penalty) {
    return sampling(sampling.withRepetitionPenalty(penalty));
  }

  /**
   * Makes tokens less likely that the text has. Default 0.
   *
   * @param penalty subtracted once from their logits
   * @return this request
   */
  public GenerationRequest presencePenalty(float penalty) {
    return sampling(sampling.withPresencePenalty(penalty));
  }

  /**
   * Makes tokens less likely the more often the text has them. Default 0.
   *
   * @param penalty subtracted from their logits for each time
   * @return this request
   */
  public GenerationRequest frequencyPenalty(float penalty) {
    return sampling(sampling.withFrequencyPenalty(penalty));
  }

  /**
   * Changes the logits of some tokens. Default none.
   *
   * @param bias what to add to the logit of each token; see {@link SamplingOptions}
   * @return this request
   */
  public GenerationRequest logitBias(Map<Integer, Float> bias) {
    return sampling(sampling.withLogitBias(bias));
  }

  /**
   * Sets all sampling options at once.
   *
   * @param sampling the options
   * @return this request
   */
  public GenerationRequest sampling(SamplingOptions sampling) {
    this.sampling = Objects.requireNonNull(sampling, "sampling");
    return this;
  }

  /**
   * Fixes the random numbers: same seed, same text. Default: drawn anew for each run.
   *
   * @param seed any number
   * @return this request
   */
  public GenerationRequest seed(long seed) {
    this.seed = seed;
    return this;
  }

  /**
   * Ends the text before one of these strings, as soon as one is complete; of several that become
   * complete with the same token, before the one that begins first. Default none.
   *
   * @param stops strings that are not empty
   * @return this request
   */
  public GenerationRequest stop(String... stops) {
    for (String stop : stops) {
      if (stop.isEmpty()) {
        throw new IllegalArgumentException("a stop string must not be empty");
      }
    }
    this.stops = List.of(stops);
    return this;
  }

  /**
   * Reports how probable the model found each token, and its most likely alternatives.
   *
   * @param top number of alternatives, at least 0
   * @return this request
   */
  public GenerationRequest logprobs(int top) {
    if (top < 0) {
      throw new IllegalArgumentException("logprobs must not be negative: " + top);
    }
    this.logprobs = top;
    return this;
  }

  /**
   * Shortens a prompt that leaves no room for {@link #maxTokens} more tokens, or for half the
   * context if that is less: its first tokens, except BOS, are left out; of a conversation its
   * oldest turns, except a system message. {@link Generation#droppedTokens} says how many tokens
   * that is. Default: a prompt that does not fit is an error.
   *
   * @return this request
   */
  public GenerationRequest truncatePrompt() {
    this.truncate = true;
    return this;
  }

  /**
   * Limits the time, from when the generation is started or handed to a {@link Batcher} on. When it
   * is over, the generation ends at the next token with {@link FinishReason#DEADLINE}. Default: no
   * limit.
   *
   * @param time above 0
   * @return this request
   */
  public GenerationRequest deadline(Duration time) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException("deadline must be above 0: " + time);
    }
    this.deadline = time.compareTo(LONGEST) < 0 ? time : LONGEST;
    return this;
  }

  /**
   * The prompt, for whoever wants to see it, count it or compare it with another one before it
   * runs.
   *
   * @return a copy of its tokens, BOS included, before {@link #truncatePrompt} leaves any out
   */
  public int[] promptIds() {
    return prompt.clone();
  }

  /**
   * The length of the prompt.
   *
   * @return tokens, BOS included, before {@link #truncatePrompt} leaves any out
   */
  public int promptTokens() {
    return prompt.length;
  }

  /**
   * Runs the generation.
   *
   * @return the generated text, without the prompt
   * @throws IllegalArgumentException if the prompt is empty, has a token outside the vocabulary, or
   *     does not fit the context
   * @throws IllegalStateException if the model is closed
   */
  public String text() {
    return result().text();
  }

  /**
   * Runs the generation.
   *
   * @return text, tokens, and how it ended
   * @throws IllegalArgumentException if the prompt is empty, has a token outside the vocabulary, or
   *     does not fit the context
   * @throws IllegalStateException if the model is closed
   */
  public Generation result() {
    return result(token -> true);
  }

  /**
   * Runs the generation and reports each token.
   *
   * @param listener receives the tokens; it may end the generation
   * @return text, tokens, and how it ended
   * @throws IllegalArgumentException if the prompt is empty, has a token outside the vocabulary, or
   *     does not fit the context
   * @throws IllegalStateException if the model is closed
   */
  public Generation result(TokenListener listener) {
    try (TokenStream stream = stream()) {
      while (stream.hasNext() && listener.onToken(stream.next())) {
        // The listener has seen the token.
      }
      return stream.result();
    }
  }

  /**
   * Starts the generation as a stream, whose tokens are made one by one as they are asked for.
   *
   * @return the stream, to be closed
   * @throws IllegalArgumentException if the prompt is empty, has a token outside the vocabulary, or
   *     does not fit the context
   * @throws IllegalStateException if the model is closed
   */
  public TokenStream stream() {
    return new TokenStream(this);
  }
}
