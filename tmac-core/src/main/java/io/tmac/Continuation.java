package io.tmac;

import io.tmac.sampling.Logprobs;
import io.tmac.sampling.Sampler;
import io.tmac.sampling.SamplingOptions;
import io.tmac.tokenizer.StreamDecoder;
import io.tmac.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a prompt: takes logits, chooses tokens, makes text of them, and knows when it
 * ends. Where the logits come from is not its business.
 *
 * <p>Takes over the settings of a request when it is made. Used by one thread at a time.
 */
final class Continuation {
  private final SamplingOptions sampling;
  private final int maxTokens;
  private final int topLogprobs;
  private final Tokenizer tokenizer; // null if the model has none
  private final StreamDecoder decoder; // null if the model has no tokenizer
  private final StopStrings stops;
  private final int[] prompt;
  private final int dropped;
  private final int room;
  private final int vocabSize;

  /** Ends this answer, though it ends no other text; {@link Tokenizer#NO_TOKEN} for none. */
  private final int turnEnd;

  /** When the time is over, on the clock of {@link System#nanoTime}; null for never. */
  private final Long deadline;

  /** The number of tokens that may be generated. */
  private final int choices;

  private final long seed;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> tokens = new ArrayList<>();
  private final List<Logprobs> logprobs = new ArrayList<>();

  /** Made for the first logits: it may have buffers as long as the vocabulary. */
  private Sampler sampler;

  private FinishReason finishReason;

  /**
   * Checks a request.
   *
   * @param request what to generate
   * @param room tokens that fit into the context, prompt and generated ones
   * @throws IllegalArgumentException if the prompt is empty, has a token outside the vocabulary, or
   *     does not fit, or if the logit bias has such a token
   */
  Continuation(GenerationRequest request, int room) {
    Model model = request.model;
    this.room = room;
    tokenizer = model.tokenizer().orElse(null);
    prompt = request.truncate ? truncated(request) : request.prompt;
    dropped = request.prompt.length - prompt.length;
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt has no tokens");
    }
    model.check(prompt, room);
    vocabSize = model.info().config().vocabSize();
    choices = tokenizer == null ? vocabSize : Math.min(vocabSize, tokenizer.vocabSize());
    sampling = request.sampling;
    sampling.checkVocabulary(vocabSize);
    seed = request.drawSeed();
    maxTokens = request.maxTokens;
    topLogprobs = request.logprobs;
    turnEnd = request.turnEndToken();
    deadline = request.deadlineNanos();
    decoder = tokenizer == null ? null : tokenizer.newDecoder(prompt[prompt.length - 1]);
    stops = new StopStrings(request.allStops());
  }

  /**
   * Leaves out turns of a conversation, or tokens behind a leading BOS, until the rest fits with
   * room to generate.
   */
  private int[] truncated(GenerationRequest request) {
    int[] all = request.prompt;
    int reserve = Math.min(request.maxTokens, request.model.info().contextLength() / 2);
    int keep = Math.max(1, room - reserve);
    if (all.length <= keep) {
      return all;
    }
    if (request.isAnswer()) {
      return request.shortened(keep);
    }
    int[] kept = new int[keep];
    System.arraycopy(all, all.length - keep, kept, 0, keep);
    if (tokenizer != null && tokenizer.addsBos() && all[0] == tokenizer.bosId().orElse(-1)) {
      kept[0] = all[0];
    }
    return kept;
  }

  /** The tokens to begin with: all of the prompt, or what was left of it. */
  int[] prompt() {
    return prompt;
  }

  /** Whether any tokens are to be chosen. */
  boolean wantsTokens() {
    return maxTokens > 0;
  }

  /** The most tokens, prompt included, that will ever be computed. */
  int maxLength() {
    return (int) Math.min(room, (long) prompt.length + Math.max(0, maxTokens - 1));
  }

  /**
   * Chooses the next token. It may be the last one: see {@link #finishReason}.
   *
   * @param logits the logits {@code [vocabSize]} behind what there is so far; may be changed
   */
  GeneratedToken choose(float[] logits) {
    if (sampler == null) {
      sampler = new Sampler(sampling, seed, vocabSize);
      for (int token : prompt) {
        sampler.acceptPrompt(token);
      }
    }
    // An embedding may have more rows than there are tokens: such rows stand for nothing.
    Arrays.fill(logits, choices, vocabSize, Float.NEGATIVE_INFINITY);
    int token = sampler.sample(logits);
    Optional<Logprobs> probabilities =
        topLogprobs < 0 ? Optional.empty() : Optional.of(Logprobs.of(logits, token, topLogprobs));
    String released;
    if (tokenizer != null && (tokenizer.isEndOfText(token) || token == turnEnd)) {
      finishReason = FinishReason.END_OF_TEXT;
      released = flush("");
    } else {
      tokens.add(token);
      probabilities.ifPresent(logprobs::add);
      sampler.accept(token);
      released = decode(token);
    }
    text.append(released);
    return new GeneratedToken(token, released, probabilities);
  }

  /** The text that a token makes certain; it may end the generation. */
  private String decode(int token) {
    String released = decoder == null ? "" : stops.accept(decoder.accept(token));
    if (stops.stopped()) {
      finishReason = FinishReason.STOP_STRING;
    } else if (tokens.size() >= maxTokens) {
      finishReason = FinishReason.MAX_TOKENS;
      released = flush(released);
    } else if (prompt.length + tokens.size() - 1 >= room) {
      finishReason = FinishReason.CONTEXT_FULL; // The last token is not computed yet.
      released = flush(released);
    }
    return released;
  }

  /** Adds what was held back to the last text. */
  private String flush(String released) {
    if (decoder == null) {
      return released;
    }
    return released + stops.accept(decoder.flush()) + stops.flush();
  }

  /** Ends it without another token. Text that was held back belongs to what there is so far. */
  void end(FinishReason reason) {
    finishReason = reason;
    text.append(flush(""));
  }

  /** Why it has ended, or null if it has not. */
  FinishReason finishReason() {
    return finishReason;
  }

  /** Whether the time that it was given is over. */
  boolean isLate() {
    return deadline != null && System.nanoTime() - deadline >= 0;
  }

  /** The number of tokens that have been chosen and belong to the text. */
  int generatedTokens() {
    return tokens.size();
  }

  /** The last one of them. */
  int lastToken() {
    return tokens.getLast();
  }

  /** What has been made, once it has ended. */
  Generation result(int cachedTokens, Duration queued, long promptNanos, long generationNanos) {
    return new Generation(
        text.toString(),
        tokens,
        finishReason,
        prompt.length,
        dropped,
        cachedTokens,
        seed,
        logprobs,
        queued,
        Duration.ofNanos(promptNanos),
        Duration.ofNanos(generationNanos));
  }
}
