package io.tmac;

import io.tmac.model.Transformer;
import io.tmac.sampling.Logprobs;
import io.tmac.sampling.Sampler;
import io.tmac.tokenizer.StreamDecoder;
import io.tmac.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The tokens of a running generation. Each is computed when it is asked for, by the thread that
 * asks.
 *
 * <p>If the model ends the text, its end-of-text token is the last element; it prints nothing but
 * may release text that was held back. Closing the stream early ends the generation. Not safe for
 * use by several threads.
 */
public final class TokenStream implements Iterable<GeneratedToken>, AutoCloseable {
  private final GenerationRequest request;
  private final Session session;
  private final Sampler sampler;
  private final Tokenizer tokenizer; // null if the model has none
  private final StreamDecoder decoder; // null if the model has no tokenizer
  private final StopStrings stops;
  private final int[] prompt;
  private final int dropped;

  /** Tokens of the prompt that the session holds already. */
  private final int held;

  /** The number of tokens that may be generated. */
  private final int choices;

  private final long seed;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> tokens = new ArrayList<>();
  private final List<Logprobs> logprobs = new ArrayList<>();
  private final int[] last = new int[1];

  /** Whether {@link #last} has been chosen but not yet computed. */
  private boolean uncomputed;

  private boolean started;
  private boolean closed;
  private FinishReason finishReason;
  private long promptNanos;
  private long generationNanos;

  TokenStream(GenerationRequest request, long seed) {
    this.request = request;
    this.seed = seed;
    Model model = request.model;
    session = request.session != null ? request.session : model.newSession();
    session.begin();
    try {
      tokenizer = model.tokenizer().orElse(null);
      prompt = request.truncate ? truncated(request.prompt) : request.prompt;
      dropped = request.prompt.length - prompt.length;
      if (prompt.length == 0) {
        throw new IllegalArgumentException("the prompt has no tokens");
      }
      session.check(prompt, room());
      int vocabSize = model.info().config().vocabSize();
      choices = tokenizer == null ? vocabSize : Math.min(vocabSize, tokenizer.vocabSize());
      sampler = new Sampler(request.sampling, seed, vocabSize);
      for (int token : prompt) {
        sampler.acceptPrompt(token);
      }
      decoder = tokenizer == null ? null : tokenizer.newDecoder(prompt[prompt.length - 1]);
      stops = new StopStrings(request.allStops());
      held = request.isAnswer() ? session.keepCommon(prompt) : 0;
    } catch (RuntimeException e) {
      session.end();
      throw e;
    }
  }

  /** Tokens that the whole prompt may have. */
  private int room() {
    return request.isAnswer() ? request.model.info().contextLength() : session.room();
  }

  /**
   * Leaves out turns of a conversation, or tokens behind a leading BOS, until the rest fits with
   * room to generate.
   */
  private int[] truncated(int[] all) {
    int room = room();
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

  /**
   * Whether there is another token.
   *
   * @return false once the generation has ended; {@link #result} then says why
   */
  public boolean hasNext() {
    if (!started && !closed && request.maxTokens == 0) {
      compute();
      finish(FinishReason.MAX_TOKENS);
    }
    return finishReason == null && !closed;
  }

  /**
   * Computes the next token.
   *
   * @return the token
   * @throws NoSuchElementException if the generation has ended
   * @throws IllegalStateException if the model is closed
   */
  public GeneratedToken next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the generation has ended: " + finishReason);
    }
    float[] logits = compute();
    long start = System.nanoTime();
    // An embedding may have more rows than there are tokens: such rows stand for nothing.
    Arrays.fill(logits, choices, logits.length, Float.NEGATIVE_INFINITY);
    int token = sampler.sample(logits);
    Optional<Logprobs> probabilities =
        request.logprobs < 0
            ? Optional.empty()
            : Optional.of(Logprobs.of(logits, token, request.logprobs));
    String released;
    if (tokenizer != null && (tokenizer.isEndOfText(token) || request.endsTurn(token))) {
      finish(FinishReason.END_OF_TEXT);
      released = flush("");
    } else {
      last[0] = token;
      uncomputed = true;
      tokens.add(token);
      probabilities.ifPresent(logprobs::add);
      sampler.accept(token);
      released = decode(token);
    }
    text.append(released);
    generationNanos += System.nanoTime() - start;
    return new GeneratedToken(token, released, probabilities);
  }

  /** The logits that choose the next token. */
  private float[] compute() {
    long start = System.nanoTime();
    if (!started) {
      started = true;
      float[] logits = session.prefill(prompt, held);
      promptNanos = System.nanoTime() - start;
      return logits;
    }
    uncomputed = false;
    float[] logits = session.forward(last, 0, 1, Transformer.Logits.LAST);
    generationNanos += System.nanoTime() - start;
    return logits;
  }

  /** The text that a token makes certain; it may end the generation. */
  private String decode(int token) {
    String released = decoder == null ? "" : stops.accept(decoder.accept(token));
    if (stops.stopped()) {
      finish(FinishReason.STOP_STRING);
    } else if (tokens.size() >= request.maxTokens) {
      finish(FinishReason.MAX_TOKENS);
      released = flush(released);
    } else if (session.room() == 0) {
      finish(FinishReason.CONTEXT_FULL);
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

  private void finish(FinishReason reason) {
    finishReason = reason;
    release();
  }

  /**
   * What the generation has made: all of it, or, if it is not at its end, what there is so far; the
   * stream is then closed.
   *
   * @return the generation
   */
  public Generation result() {
    close();
    return new Generation(
        text.toString(),
        tokens,
        finishReason == null ? FinishReason.CANCELLED : finishReason,
        prompt.length,
        dropped,
        seed,
        logprobs,
        Duration.ofNanos(promptNanos),
        Duration.ofNanos(generationNanos));
  }

  /**
   * The tokens that are still to come. All iterators of a stream share its place.
   *
   * @return an iterator for use in a for loop
   */
  @Override
  public Iterator<GeneratedToken> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return TokenStream.this.hasNext();
      }

      @Override
      public GeneratedToken next() {
        return TokenStream.this.next();
      }
    };
  }

  /** Ends the generation and frees its memory. Idempotent. */
  @Override
  public void close() {
    if (!closed && finishReason == null) {
      // Text that was held back belongs to what there is so far.
      text.append(flush(""));
      release();
    }
    closed = true;
  }

  /**
   * Gives the session back, complete with the last token, or closes it if it was made for this
   * generation.
   */
  private void release() {
    try {
      if (request.session == null) {
        session.close();
      } else if (uncomputed) {
        uncomputed = false;
        session.complete(last);
      }
    } finally {
      session.end();
    }
  }
}
