package io.tmac;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The tokens of a generation that runs in a {@link Batcher}. They are made whether or not anyone
 * takes them: a reader that is slow holds up nobody, and finds at most the {@link
 * GenerationRequest#maxTokens} that it asked for waiting.
 *
 * <p>If the model ends the text, its end-of-text token is the last element. Waiting is cheap on a
 * virtual thread. Closing the stream early ends the generation. Not safe for use by several
 * threads, except {@link #close}.
 */
public final class BatchedStream implements Iterable<GeneratedToken>, AutoCloseable {
  /** Stands behind the last token. */
  private static final Object END = new Object();

  private final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
  private BatchedGeneration generation;

  /** Taken from the queue, but not yet by the reader. */
  private Object next;

  BatchedStream() {}

  /** Receives a token from the batcher. */
  boolean put(GeneratedToken token) {
    return queue.add(token);
  }

  /** Begins. */
  void of(BatchedGeneration generation) {
    this.generation = generation;
    generation.future().whenComplete((result, error) -> queue.add(END));
  }

  /**
   * Whether there is another token. Waits until that is known.
   *
   * @return false once the generation has ended; {@link #result} then says why
   * @throws TmacException if the computation has failed, or the waiting thread is interrupted; the
   *     generation is cancelled then
   */
  public boolean hasNext() {
    if (next == null) {
      try {
        next = queue.take();
      } catch (InterruptedException e) {
        throw generation.interrupted(e);
      }
    }
    if (next == END && generation.future().isCompletedExceptionally()) {
      generation.result(); // throws
    }
    return next != END;
  }

  /**
   * Waits for the next token or the end, but not longer than some time, in which a server may want
   * to tell its client that it is still there.
   *
   * @param timeout the time
   * @return true if {@link #hasNext} would not wait
   * @throws TmacException if the waiting thread is interrupted; the generation is cancelled then
   */
  public boolean await(Duration timeout) {
    if (next == null) {
      try {
        next = queue.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        throw generation.interrupted(e);
      }
    }
    return next != null;
  }

  /**
   * Waits for the next token.
   *
   * @return the token
   * @throws NoSuchElementException if the generation has ended
   * @throws TmacException as {@link #hasNext} does
   */
  public GeneratedToken next() {
    if (!hasNext()) {
      throw new NoSuchElementException(
          "the generation has ended: " + generation.result().finishReason());
    }
    GeneratedToken token = (GeneratedToken) next;
    next = null;
    return token;
  }

  /**
   * Waits for the end.
   *
   * @return the generation, tokens that were not taken included
   * @throws TmacException as {@link #hasNext} does
   */
  public Generation result() {
    return generation.result();
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
        return BatchedStream.this.hasNext();
      }

      @Override
      public GeneratedToken next() {
        return BatchedStream.this.next();
      }
    };
  }

  /** Ends the generation; does nothing if it has ended. Returns at once. */
  @Override
  public void close() {
    generation.cancel();
  }
}
