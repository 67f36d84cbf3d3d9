package io.tmac.quant;

import io.tmac.ModelOptions;
import io.tmac.Session.LogitsVisitor;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.Pass;
import io.tmac.model.Sequence;
import io.tmac.model.Transformer;
import io.tmac.model.Weights;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** Runs a checkpoint that is in no file. For one thread. */
final class CheckpointRunner implements LogitSource, AutoCloseable {
  /** Tokens of a pass: the logits of all of them are kept, which takes much memory. */
  private static final int TOKENS = 32;

  private final WorkerPool pool;
  private final Transformer transformer;
  private final Sequence sequence;
  private final Pass pass;
  private final int vocabSize;

  /**
   * Prepares a run.
   *
   * @param checkpoint the model
   * @param options its activations and its cache count
   * @param threads compute threads, the caller included
   * @param arena owner of what kernels copy
   */
  CheckpointRunner(Checkpoint checkpoint, ModelOptions options, int threads, Arena arena) {
    KernelProvider kernels = Kernels.provider();
    this.vocabSize = checkpoint.config().vocabSize();
    this.pool = new WorkerPool(threads);
    Weights weights =
        Weights.of(checkpoint, checkpoint, kernels, options.activations(), arena, pool);
    this.transformer = new Transformer(weights, kernels, pool);
    this.sequence = transformer.newSequence(options.kvCache());
    this.pass = transformer.newPass();
  }

  @Override
  public void logits(int[] tokens, LogitsVisitor visitor) {
    sequence.truncate(0);
    for (int from = 0; from < tokens.length; from += TOKENS) {
      int count = Math.min(TOKENS, tokens.length - from);
      pass.clear();
      pass.add(sequence, tokens, from, count, Pass.Logits.ALL);
      float[] logits = transformer.run(pass);
      for (int t = 0; t < count; t++) {
        visitor.visit(from + t, Arrays.copyOfRange(logits, t * vocabSize, (t + 1) * vocabSize));
      }
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
