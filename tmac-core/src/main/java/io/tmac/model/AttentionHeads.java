package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.WorkerPool;

/** Attention of all query heads of some tokens of one sequence, split over the threads. */
final class AttentionHeads implements WorkerPool.Task {
  private final ModelConfig config;
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Sequence sequence;
  private KvPages cache;

  AttentionHeads(ModelConfig config, KernelProvider kernels, WorkerPool pool, Sequence sequence) {
    this.config = config;
    this.kernels = kernels;
    this.pool = pool;
    this.sequence = sequence;
  }

  /** Attends with the queries of the {@code count} tokens behind the sequence's length. */
  void run(KvPages cache, int count) {
    this.cache = cache;
    pool.run(count * config.heads(), this);
  }

  @Override
  public void run(int from, int to, int worker) {
    int group = config.heads() / config.kvHeads();
    for (int unit = from; unit < to; unit++) {
      int token = unit / config.heads();
      int head = unit % config.heads();
      int at = unit * config.headDim();
      kernels.attend(
          sequence.q,
          at,
          cache,
          head / group,
          sequence.length() + token + 1,
          sequence.scratch[worker],
          sequence.attended.x,
          at);
    }
  }
}
