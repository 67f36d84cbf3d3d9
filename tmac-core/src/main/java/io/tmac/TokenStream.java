package io.tmac;

import io.tmac.model.Pass;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The tokens of a running generation. Each is computed when it is asked for, by the thread that
 * asks.
 *
 * <p>If the model ends the text, its end-of-text token is the last element; it prints nothing but
 * may release text that was held back. Closing the stream early ends the generation. Not safe for
 * use by several threads.
 */
public final class TokenStream implements Iterable<GeneratedToken>, AutoCloseable {
  private final Session session;
  private final boolean ownsSession;
  private final Continuation continuation;

  /** Tokens of the prompt that the session holds already. */
  private final int held;

  private final int[] last = new int[1];

  /** Whether {@link #last} has been chosen but not yet computed. */
  private boolean uncomputed;

  private boolean started;
  private boolean released;
  private long promptNanos;
  private long generationNanos;

  TokenStream(GenerationRequest request) {
    Model model = request.model;
    ownsSession = request.session == null;
    session = ownsSession ? model.newSession() : request.session;
    session.begin();
    try {
      int room = request.isAnswer() ? model.info().contextLength() : session.room();
      continuation = new Continuation(request, room);
      held = request.isAnswer() ? session.keepCommon(continuation.prompt()) : 0;
    } catch (RuntimeException e) {
      session.end();
      throw e;
    }
  }

  /**
   * Whether there is another token.
   *
   * @return false once the generation has ended; {@link #result} then says why
   */
  public boolean hasNext() {
    if (!released && !continuation.wantsTokens()) {
      compute();
      end(FinishReason.MAX_TOKENS);
    } else if (!released && continuation.isLate()) {
      end(FinishReason.DEADLINE);
    }
    return !released;
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
      throw new NoSuchElementException("the generation has ended: " + continuation.finishReason());
    }
    float[] logits = compute();
    long start = System.nanoTime();
    int before = continuation.generatedTokens();
    GeneratedToken token = continuation.choose(logits);
    if (continuation.generatedTokens() > before) {
      last[0] = token.id();
      uncomputed = true;
    }
    if (continuation.finishReason() != null) {
      release();
    }
    generationNanos += System.nanoTime() - start;
    return token;
  }

  /** The logits that choose the next token. */
  private float[] compute() {
    long start = System.nanoTime();
    if (!started) {
      started = true;
      float[] logits = session.prefill(continuation.prompt(), held);
      promptNanos = System.nanoTime() - start;
      return logits;
    }
    uncomputed = false;
    float[] logits = session.forward(last, 0, 1, Pass.Logits.LAST);
    generationNanos += System.nanoTime() - start;
    return logits;
  }

  /**
   * What the generation has made: all of it, or, if it is not at its end, what there is so far; the
   * stream is then closed.
   *
   * @return the generation
   */
  public Generation result() {
    close();
    return continuation.result(held, Duration.ZERO, promptNanos, generationNanos);
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
    if (!released) {
      end(FinishReason.CANCELLED);
    }
  }

  private void end(FinishReason reason) {
    continuation.end(reason);
    release();
  }

  /**
   * Gives the session back, complete with the last token, or closes it if it was made for this
   * generation.
   */
  private void release() {
    released = true;
    try {
      if (ownsSession) {
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
