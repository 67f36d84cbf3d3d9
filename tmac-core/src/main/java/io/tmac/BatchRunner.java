package io.tmac;

import io.tmac.kernel.WorkerPool;
import io.tmac.model.Pass;
import io.tmac.model.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running generations of a batcher, step by step: one token of each that has its prompt behind
 * it, and some tokens of prompts, make one pass. Used by the thread of the batcher, except for what
 * is counted.
 */
final class BatchRunner {
  private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

  private final Model model;
  private final BatcherOptions options;
  private final SequenceCache sequences;
  private final int vocabSize;
  private final float[][] rows;
  private final WorkerPool.Task chooseTask = this::choose;
  private final Function<Pass, float[]> forward;
  private Pass pass;

  /** In the order in which they were admitted. */
  private final List<BatchedGeneration> running = new ArrayList<>();

  /** Those whose next token is chosen behind the pass under way. */
  private final List<BatchedGeneration> choosing = new ArrayList<>();

  private float[] logits;

  final LongAdder passes = new LongAdder();
  final LongAdder promptTokens = new LongAdder();
  final LongAdder cachedTokens = new LongAdder();
  final LongAdder generatedTokens = new LongAdder();
  final LongAdder finished = new LongAdder();
  final LongAdder failed = new LongAdder();
  private volatile int runningCount;
  private volatile long positions;

  /**
   * Creates a runner of nothing.
   *
   * @param forward runs a pass and returns its logits
   */
  BatchRunner(
      Model model,
      BatcherOptions options,
      SequenceCache sequences,
      Function<Pass, float[]> forward) {
    this.forward = forward;
    this.model = model;
    this.options = options;
    this.sequences = sequences;
    this.pass = model.newPass();
    this.vocabSize = model.info().config().vocabSize();
    this.rows = new float[model.pool().threads()][];
  }

  /** The number of running generations. */
  int running() {
    return runningCount;
  }

  /** The tokens that there is memory for. */
  long positions() {
    return positions;
  }

  /** Lets a generation begin; false if there is no room for it now. */
  boolean admit(BatchedGeneration generation) {
    if (running.size() == options.slots()) {
      return false;
    }
    Sequence sequence = sequences.admit(generation.prompt(), generation.continuation.maxLength());
    if (sequence == null) {
      return false;
    }
    generation.admit(sequence);
    running.add(generation);
    runningCount = running.size();
    return true;
  }

  /**
   * Ends what must end, and runs a pass for the others.
   *
   * @throws IllegalStateException if the model is closed
   */
  void step() {
    for (int i = running.size() - 1; i >= 0; i--) {
      FinishReason reason = running.get(i).stopReason();
      if (reason != null) {
        end(i, reason);
      }
    }
    if (!running.isEmpty()) {
      long stamp = model.enter();
      try {
        fill();
        logits = forward.apply(pass);
      } catch (Throwable t) {
        failPass(t);
        return;
      } finally {
        model.exit(stamp);
      }
      passes.increment();
      model.pool().run(choosing.size(), chooseTask);
      deliver();
    }
    positions = sequences.positions();
  }

  /** Chooses the tokens of the pass. */
  private void fill() {
    pass.clear();
    choosing.clear();
    for (BatchedGeneration each : running) {
      if (each.begun() && each.promptLeft() == 0) {
        each.setRow(pass.add(each.sequence(), each.last(), 0, 1, Pass.Logits.LAST));
        choosing.add(each);
      }
    }
    int left = Pass.MAX_TOKENS - pass.tokens();
    if (pass.tokens() > 0) {
      left = Math.min(left, options.prefillChunk());
    }
    for (int i = 0; i < running.size() && left > 0; i++) {
      BatchedGeneration each = running.get(i);
      if (!each.begun()) {
        if (awaitsPrefix(i)) {
          return;
        }
        sequences.copyPrefix(each.sequence(), each.prompt());
        each.begin();
        promptTokens.add(each.prompt().length);
        cachedTokens.add(each.cachedTokens());
      }
      int from = each.sequence().length();
      int count = Math.min(left, each.promptLeft());
      if (count > 0) {
        boolean ends = count == each.promptLeft() && each.continuation.wantsTokens();
        Pass.Logits wanted = ends ? Pass.Logits.LAST : Pass.Logits.NONE;
        int row = pass.add(each.sequence(), each.prompt(), from, count, wanted);
        if (ends) {
          each.setRow(row);
          choosing.add(each);
        }
        left -= count;
      }
    }
  }

  /**
   * Whether the pass computes, for another generation, a start of this one's prompt to be copied.
   */
  private boolean awaitsPrefix(int index) {
    int[] prompt = running.get(index).prompt();
    int held = running.get(index).sequence().length();
    for (int i = 0; i < index; i++) {
      BatchedGeneration other = running.get(i);
      int computed = other.sequence().length();
      if (other.begun() && computed < other.prompt().length) {
        int common = Arrays.mismatch(prompt, other.prompt());
        common = Math.min(common < 0 ? prompt.length : common, prompt.length - 1);
        if (common >= Math.max(held, computed) + SequenceCache.MIN_COPY) {
          return true;
        }
      }
    }
    return false;
  }

  /** Chooses tokens, each from its row of the logits. Generations do not know of each other. */
  private void choose(int from, int to, int worker) {
    for (int i = from; i < to; i++) {
      BatchedGeneration each = choosing.get(i);
      float[] row = logits;
      if (row.length != vocabSize) {
        if (rows[worker] == null) {
          rows[worker] = new float[vocabSize];
        }
        row = rows[worker];
        System.arraycopy(logits, each.row() * vocabSize, row, 0, vocabSize);
      }
      each.choose(row);
    }
  }

  /** Hands out the chosen tokens, and ends what is at its end. */
  private void deliver() {
    generatedTokens.add(choosing.size());
    for (int i = running.size() - 1; i >= 0; i--) {
      BatchedGeneration each = running.get(i);
      Throwable error = each.deliver();
      if (error != null) {
        remove(i, true);
        fail(each, error);
      } else if (each.continuation.finishReason() != null) {
        remove(i, true);
        finish(each);
      } else if (!each.continuation.wantsTokens() && each.begun() && each.promptLeft() == 0) {
        end(i, FinishReason.MAX_TOKENS);
      }
    }
  }

  private void end(int index, FinishReason reason) {
    BatchedGeneration generation = running.get(index);
    generation.continuation.end(reason);
    remove(index, true);
    finish(generation);
  }

  private void remove(int index, boolean keep) {
    BatchedGeneration generation = running.remove(index);
    sequences.release(generation.sequence(), generation.continuation.maxLength(), keep);
    runningCount = running.size();
  }

  /** Makes the result of a generation known, which may never have run. */
  void finish(BatchedGeneration generation) {
    finished.increment();
    generation.finish();
  }

  /** Makes the failure of a generation known. */
  void fail(BatchedGeneration generation, Throwable error) {
    failed.increment();
    generation.fail(error);
  }

  /**
   * Nobody knows which generation is to blame: all of the pass end, and the next ones may go on.
   */
  private void failPass(Throwable cause) {
    LOG.warn("a pass of {} generations failed", running.size(), cause);
    TmacException error =
        cause instanceof TmacException known
            ? known
            : new TmacException(
                "the computation failed for all generations of the batch: " + cause, cause);
    failAll(error);
    if (cause instanceof OutOfMemoryError) {
      sequences.clear();
      pass = model.newPass();
    }
  }

  /** Fails all running generations. */
  void failAll(Throwable error) {
    while (!running.isEmpty()) {
      BatchedGeneration generation = running.getLast();
      remove(running.size() - 1, false);
      fail(generation, error);
    }
    positions = sequences.positions();
  }

  /** Ends all running generations. */
  void endAll(FinishReason reason) {
    while (!running.isEmpty()) {
      end(running.size() - 1, reason);
    }
    sequences.clear();
    positions = 0;
  }
}
