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
 * use by several threads, except for {@link #cancel}.
 */
public final class TokenStream implements Iterable<GeneratedToken>, AutoCloseable {
  private final Session session;
  private final boolean ownsSession;

  /** Whether the prompt is a whole conversation. */
  private final boolean answers;

  private final Continuation continuation;

  /** Tokens of the prompt that the session holds already. */
  private final int held;

  private final int[] last = new int[1];

  /** Whether {@link #last} has been chosen but not yet computed. */
  private boolean uncomputed;

  /** What chooses the first token, once the prompt is computed. */
  private float[] promptLogits;

  private boolean started;
  private boolean released;

  /**
   * Whether {@link #hasNext} has promised a token, which is then made even if cancelled meanwhile.
   */
  private boolean granted;

  private volatile boolean cancelled;
  private long promptNanos;
  private long generationNanos;

  TokenStream(GenerationRequest request) {
    Model model = request.model;
    ownsSession = request.session == null;
    session = ownsSession ? model.newSession() : request.session;
    answers = request.isAnswer();
    session.begin();
    try {
      int room = answers ? model.info().contextLength() : session.room();
      continuation = new Continuation(request, room);
      held = answers ? session.keepCommon(continuation.prompt()) : 0;
    } catch (RuntimeException e) {
      session.end();
      throw e;
    }
  }

  /**
   * Whether there is another token. The first call computes the prompt.
   *
   * @return false once the generation has ended; {@link #result} then says why
   * @throws IllegalStateException if the model is closed before the prompt is computed
   */
  public boolean hasNext() {
    if (!released) {
      FinishReason reason = stopReason();
      if (reason != null) {
        end(reason);
      } else if (!started) {
        start();
      }
    }
    granted = !released;
    return granted;
  }

  /** Why the generation must not go on, or null. */
  private FinishReason stopReason() {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    return continuation.isLate() ? FinishReason.DEADLINE : null;
  }

  private void start() {
    long start = System.nanoTime();
    int position = session.position();
    int[] prompt = continuation.prompt();
    promptLogits = session.prefill(prompt, held, () -> stopReason() != null);
    started = true;
    promptNanos = System.nanoTime() - start;
    if (promptLogits == null) {
      if (!answers) {
        session.forget(position);
      }
      end(stopReason());
    } else if (!continuation.wantsTokens()) {
      end(FinishReason.MAX_TOKENS);
    }
  }

  /**
   * Computes the next token.
   *
   * @return the token
   * @throws NoSuchElementException if the generation has ended
   * @throws IllegalStateException if the model is closed
   */
  public GeneratedToken next() {
    if (released || (!granted && !hasNext())) {
      throw new NoSuchElementException("the generation has ended: " + continuation.finishReason());
    }
    granted = false;
    float[] logits = continuation.generatedTokens() == 0 ? promptLogits : forward();
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
  private float[] forward() {
    long start = System.nanoTime();
    uncomputed = false;
    float[] logits = session.forward(last, 0, 1, Pass.Logits.LAST);
    generationNanos += System.nanoTime() - start;
    return logits;
  }

  /**
   * Ends the generation with {@link FinishReason#CANCELLED}. Any thread may call this; it does not
   * wait. The thread that generates completes the token it is at; of a prompt it computes at most
   * 128 more tokens. After that {@link #hasNext} is false. Idempotent, and without effect on the
   * result of a generation that has ended.
   */
  public void cancel() {
    cancelled = true;
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
