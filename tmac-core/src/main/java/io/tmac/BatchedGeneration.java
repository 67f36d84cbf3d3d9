package io.tmac;

import io.tmac.model.Sequence;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A generation that was handed to a {@link Batcher}: a way to wait for its result, and to end it
 * early. Safe for use by many threads.
 */
public final class BatchedGeneration {
  final Continuation continuation;
  private final TokenListener listener;
  private final CompletableFuture<Generation> future = new CompletableFuture<>();
  private final long submitted = System.nanoTime();
  private volatile boolean cancelled;

  // Below: the thread of the batcher.

  /** Where the tokens go; null while the request waits. */
  private Sequence sequence;

  private boolean begun;
  private int cachedTokens;
  private final int[] last = new int[1];
  private long admitted;
  private long firstToken;

  /** The row of its logits in the pass under way, or -1. */
  private int row = -1;

  private GeneratedToken chosen;
  private Throwable failure;

  BatchedGeneration(Continuation continuation, TokenListener listener) {
    this.continuation = continuation;
    this.listener = listener;
    // Whoever completes it from outside, by a timeout for example, wants no more tokens.
    future.whenComplete((result, error) -> cancel());
  }

  /**
   * The result that is to come: what was generated, whatever ended it; or an exception, if the
   * listener has thrown one (that one), or the computation has failed. Actions that depend on it
   * run on a thread of their own and cannot disturb other generations.
   *
   * @return the future, the same one each time; to cancel it, or to complete it, by a timeout for
   *     example, is to {@link #cancel}
   */
  public CompletableFuture<Generation> future() {
    return future;
  }

  /**
   * Waits for the result.
   *
   * @return the generation
   * @throws TmacException if the computation has failed, or the waiting thread is interrupted; the
   *     generation is cancelled then
   * @throws RuntimeException what the listener has thrown
   * @throws java.util.concurrent.CancellationException if the future was cancelled
   */
  public Generation result() {
    try {
      return future.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case Throwable cause -> throw new TmacException("the generation failed", cause);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Ends the generation because the thread that wants it was interrupted. */
  TmacException interrupted(InterruptedException e) {
    cancel();
    Thread.currentThread().interrupt();
    return new TmacException("interrupted while waiting: the generation was cancelled", e);
  }

  /**
   * Ends the generation, waiting or running, before its next token, with {@link
   * FinishReason#CANCELLED}. Does nothing if it has ended. Returns at once.
   */
  public void cancel() {
    cancelled = true;
  }

  // What follows is for the thread of the batcher.

  /** Why it must not go on, or null. */
  FinishReason stopReason() {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    return continuation.isLate() ? FinishReason.DEADLINE : null;
  }

  void admit(Sequence sequence) {
    this.sequence = sequence;
    admitted = System.nanoTime();
  }

  Sequence sequence() {
    return sequence;
  }

  int[] prompt() {
    return continuation.prompt();
  }

  /** Whether the prompt is being computed. */
  boolean begun() {
    return begun;
  }

  /** The prompt is computed from now on, behind what the sequence holds already. */
  void begin() {
    begun = true;
    cachedTokens = sequence.length();
  }

  int cachedTokens() {
    return cachedTokens;
  }

  /** Tokens of the prompt that are still to be computed. */
  int promptLeft() {
    return Math.max(0, prompt().length - sequence.length());
  }

  /** The token to be computed next, once the prompt is computed. */
  int[] last() {
    last[0] = continuation.lastToken();
    return last;
  }

  void setRow(int row) {
    this.row = row;
  }

  int row() {
    return row;
  }

  /** Chooses a token; what goes wrong is kept for {@link #deliver}. */
  void choose(float[] logits) {
    try {
      chosen = continuation.choose(logits);
    } catch (Throwable t) {
      failure = t;
    }
  }

  /** Hands the chosen token to the listener. Returns what went wrong, or null. */
  Throwable deliver() {
    if (failure != null || chosen == null) {
      return failure;
    }
    GeneratedToken token = chosen;
    chosen = null;
    if (firstToken == 0) {
      firstToken = System.nanoTime();
    }
    try {
      boolean more = listener.onToken(token);
      if (!more && continuation.finishReason() == null) {
        continuation.end(FinishReason.CANCELLED);
      }
      return null;
    } catch (Throwable t) {
      return t;
    } finally {
      Thread.interrupted(); // An interrupt that a listener leaves behind is of no other's concern.
    }
  }

  /** Makes the result known. */
  void finish() {
    long now = System.nanoTime();
    boolean ran = sequence != null;
    sequence = null;
    long prompt = firstToken != 0 ? firstToken - admitted : now - admitted;
    Generation result =
        continuation.result(
            cachedTokens,
            Duration.ofNanos((ran ? admitted : now) - submitted),
            ran ? prompt : 0,
            firstToken != 0 ? now - firstToken : 0);
    // Whoever waits may do what he likes on that thread.
    Thread.startVirtualThread(() -> future.complete(result));
  }

  /** Makes known that there is no result. */
  void fail(Throwable error) {
    sequence = null;
    Thread.startVirtualThread(() -> future.completeExceptionally(error));
  }
}
