package io.tmac;

import io.tmac.model.Pass;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs many generations on one model at the same time. They share each pass through the weights,
 * join and leave it token by token (continuous batching; Yu et al. 2022, "Orca"), and together make
 * several times as many tokens per second as one after the other.
 *
 * <pre>{@code
 * try (Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT);
 *     BatchedStream stream = batcher.stream(model.generate("Once upon a time").maxTokens(64))) {
 *   for (GeneratedToken token : stream) {
 *     System.out.print(token.text());
 *   }
 * }
 * }</pre>
 *
 * <p>Requests are those of {@link Model#generate(String)} and {@link Model#chat}, with all their
 * options. What a request generates is the same, bit for bit, as if it ran alone. Requests begin in
 * the order in which they come; running ones get a token in every pass, while prompts are computed
 * some tokens per pass. A request whose prompt begins like that of another one does not compute
 * that part again.
 *
 * <p>Safe for use by many threads. The work is done by one daemon thread and the model's compute
 * threads. Close the batcher before the model.
 */
public final class Batcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

  private enum State {
    OPEN,
    DRAINING,
    CLOSED
  }

  private final Model model;
  private final BatcherOptions options;
  private final long cacheTokens;
  private final long bytesPerToken;
  private final BatchRunner runner;
  private final Thread thread;
  private final LongAdder rejected = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when there is something new for the thread. */
  private final Condition work = lock.newCondition();

  /** Signalled when nothing runs or waits. */
  private final Condition idle = lock.newCondition();

  // Guarded by the lock.

  private final ArrayDeque<BatchedGeneration> queue = new ArrayDeque<>();
  private State state = State.OPEN;
  private boolean isIdle = true;

  /** What ended the thread before its time, or null. */
  private Throwable failure;

  private Batcher(Model model, BatcherOptions options, Function<Pass, float[]> forward) {
    this.model = model;
    this.options = options;
    bytesPerToken = model.cacheBytesPerToken();
    cacheTokens = options.cacheTokens() > 0 ? options.cacheTokens() : defaultCacheTokens();
    // Pages that are begun count as whole ones.
    long positions = SequenceCache.positions(cacheTokens);
    runner =
        new BatchRunner(
            model, options, new SequenceCache(model, positions, options.prefixTokens()), forward);
    thread = Thread.ofPlatform().daemon().name("tmac-batch").unstarted(this::loop);
  }

  /** One context for each slot, or what half of the heap takes, but at least one context. */
  private long defaultCacheTokens() {
    long context = model.info().contextLength();
    long fits = Runtime.getRuntime().maxMemory() / 2 / bytesPerToken;
    return Math.min(options.slots() * context, Math.max(context, fits));
  }

  /**
   * Starts a batcher.
   *
   * @param model the model; not closed with the batcher. If it is closed first, all generations
   *     fail and so does the batcher
   * @param options how to share it
   * @return the batcher
   * @throws IllegalStateException if the model is closed
   */
  public static Batcher of(Model model, BatcherOptions options) {
    Objects.requireNonNull(options, "options");
    return of(model, options, model::run);
  }

  /** The same with another way to run passes. */
  static Batcher of(Model model, BatcherOptions options, Function<Pass, float[]> forward) {
    long stamp = model.enter();
    try {
      Batcher batcher = new Batcher(model, options, forward);
      batcher.thread.start();
      return batcher;
    } finally {
      model.exit(stamp);
    }
  }

  /**
   * Hands in a request whose tokens are of interest only once all are there.
   *
   * @param request a request of this model, not of a session; later changes to it have no effect
   * @return the generation, waiting or running
   * @throws IllegalArgumentException as {@link #submit(GenerationRequest, TokenListener)} does
   * @throws QueueFullException if as many requests wait as may
   * @throws IllegalStateException if the batcher is closed or drains
   */
  public BatchedGeneration submit(GenerationRequest request) {
    return submit(request, token -> true);
  }

  /**
   * Hands in a request and reports its tokens.
   *
   * @param request a request of this model, not of a session; later changes to it have no effect
   * @param listener receives the tokens, in order, on the thread that runs all generations: it must
   *     not wait for anything. It may end its generation; an exception does so too, and becomes its
   *     result. A reader that may be slow uses {@link #stream}
   * @return the generation, waiting or running
   * @throws IllegalArgumentException if the request is of another model or of a session, if its
   *     prompt is empty, has a token outside the vocabulary, or does not fit the context, or if it
   *     needs more than {@link BatcherOptions#cacheTokens}
   * @throws QueueFullException if as many requests wait as may
   * @throws IllegalStateException if the batcher is closed or drains
   */
  public BatchedGeneration submit(GenerationRequest request, TokenListener listener) {
    Objects.requireNonNull(listener, "listener");
    check(request);
    Continuation continuation = new Continuation(request, model.info().contextLength());
    checkRoom(continuation);
    BatchedGeneration generation = new BatchedGeneration(continuation, listener);
    lock.lock();
    try {
      checkOpen();
      // Those for whom there is a slot only pass through the queue.
      if (queue.size() - (options.slots() - runner.running()) >= options.queueCapacity()) {
        rejected.increment();
        throw new QueueFullException(options.queueCapacity());
      }
      queue.add(generation);
      isIdle = false;
      work.signal();
    } finally {
      lock.unlock();
    }
    return generation;
  }

  /**
   * Hands in a request whose tokens are read one by one, by any thread, as fast or as slowly as it
   * likes.
   *
   * @param request a request of this model, not of a session; later changes to it have no effect
   * @return the stream, to be closed
   * @throws IllegalArgumentException as {@link #submit(GenerationRequest, TokenListener)} does
   * @throws QueueFullException if as many requests wait as may
   * @throws IllegalStateException if the batcher is closed or drains
   */
  public BatchedStream stream(GenerationRequest request) {
    BatchedStream stream = new BatchedStream();
    stream.of(submit(request, stream::put));
    return stream;
  }

  private void check(GenerationRequest request) {
    if (request.model != model) {
      throw new IllegalArgumentException(
          "the request is of another model, "
              + request.model.info().source()
              + ": prepare it with the model that the batcher was made for");
    }
    if (request.session != null) {
      throw new IllegalArgumentException(
          "the request goes on from a session, which has its own keys and values: prepare it with"
              + " Model.generate or Model.chat; the batcher finds out itself what it has of the"
              + " prompt");
    }
  }

  private void checkRoom(Continuation continuation) {
    if (continuation.maxLength() > cacheTokens) {
      throw new IllegalArgumentException(
          "prompt and maxTokens may need the keys and values of "
              + continuation.maxLength()
              + " tokens, and the batcher has room for "
              + cacheTokens
              + ": lower maxTokens, or raise BatcherOptions.withCacheTokens");
    }
  }

  private void checkOpen() {
    switch (state) {
      case OPEN -> {}
      case DRAINING -> throw new IllegalStateException("the batcher drains: it takes no requests");
      case CLOSED -> throw new IllegalStateException("the batcher is closed", failure);
    }
  }

  /**
   * What the batcher is doing.
   *
   * @return a snapshot
   */
  public BatcherStatistics statistics() {
    int queued;
    lock.lock();
    try {
      queued = queue.size();
    } finally {
      lock.unlock();
    }
    return new BatcherStatistics(
        options.slots(),
        runner.running(),
        queued,
        runner.positions(),
        runner.positions() * bytesPerToken,
        runner.passes.sum(),
        runner.promptTokens.sum(),
        runner.cachedTokens.sum(),
        runner.generatedTokens.sum(),
        runner.finished.sum(),
        runner.failed.sum(),
        rejected.sum());
  }

  /**
   * Takes no more requests from now on, and waits until those that it has are done.
   *
   * @param timeout how long to wait at most
   * @return whether all are done; if not, they go on until {@link #close}
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean drain(Duration timeout) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.convert(timeout);
    lock.lock();
    try {
      if (state == State.OPEN) {
        state = State.DRAINING;
      }
      while (!isIdle && left > 0) {
        left = idle.awaitNanos(left);
      }
      return isIdle;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends all generations, waiting and running, with {@link FinishReason#CANCELLED}, and waits for
   * the thread. Idempotent.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      state = State.CLOSED;
      work.signal();
    } finally {
      lock.unlock();
    }
    if (Thread.currentThread() == thread) {
      return; // A listener closes its batcher: the thread ends after this step.
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // It ends without being waited for.
    }
  }

  /** The life of the thread. */
  private void loop() {
    Throwable error = null;
    try {
      while (awaitWork()) {
        runner.step();
      }
    } catch (Throwable t) {
      error = t;
    }
    end(error);
  }

  /** Admits who may begin, and waits if there is nothing to do; false if the batcher is closed. */
  private boolean awaitWork() throws InterruptedException {
    lock.lock();
    try {
      while (state != State.CLOSED) {
        sweep();
        while (!queue.isEmpty() && runner.admit(queue.peek())) {
          queue.remove();
        }
        if (runner.running() > 0) {
          return true;
        }
        if (!queue.isEmpty()) {
          throw new IllegalStateException("a request waits though nothing runs");
        }
        isIdle = true;
        idle.signalAll();
        work.await();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Ends requests that wait and must not begin any more. */
  private void sweep() {
    for (Iterator<BatchedGeneration> each = queue.iterator(); each.hasNext(); ) {
      BatchedGeneration generation = each.next();
      FinishReason reason = generation.stopReason();
      if (reason != null) {
        each.remove();
        generation.continuation.end(reason);
        runner.finish(generation);
      }
    }
  }

  /** Leaves nobody waiting. */
  private void end(Throwable error) {
    lock.lock();
    try {
      state = State.CLOSED;
      failure = error;
      if (error == null) {
        runner.endAll(FinishReason.CANCELLED);
      } else {
        LOG.warn("the batcher of {} ends", model.info().source(), error);
        runner.failAll(error);
      }
      for (BatchedGeneration generation : queue) {
        if (error == null) {
          generation.continuation.end(FinishReason.CANCELLED);
          runner.finish(generation);
        } else {
          runner.fail(generation, error);
        }
      }
      queue.clear();
      isIdle = true;
      idle.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
