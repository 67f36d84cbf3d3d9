package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.WorkerPool;

/**
 * Attention of all query heads of some tokens of one sequence, split over the threads. A unit is a
 * few queries of one key and value head: those of one token that share it, at least four if there
 * are as many, fewer where threads would have nothing to do.
 */
final class AttentionHeads implements WorkerPool.Task {
  private static final int QUERIES_PER_LOAD = 4;

  private final ModelConfig config;
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Sequence sequence;
  private final int group;
  private KvPages cache;

  /** Queries of a key and value head, of a unit, and units of a key and value head. */
  private int queries;

  private int unitQueries;
  private int headUnits;

  AttentionHeads(ModelConfig config, KernelProvider kernels, WorkerPool pool, Sequence sequence) {
    this.config = config;
    this.kernels = kernels;
    this.pool = pool;
    this.sequence = sequence;
    this.group = config.heads() / config.kvHeads();
  }

  /** Attends with the queries of the {@code count} tokens behind the sequence's length. */
  void run(KvPages cache, int count) {
    this.cache = cache;
    queries = count * group;
    unitQueries = Math.min(queries, Math.max(group, QUERIES_PER_LOAD));
    headUnits = Math.ceilDiv(queries, unitQueries);
    while (unitQueries > 1 && config.kvHeads() * headUnits < pool.threads()) {
      unitQueries = Math.ceilDiv(unitQueries, 2);
      headUnits = Math.ceilDiv(queries, unitQueries);
    }
    pool.run(config.kvHeads() * headUnits, this);
  }

  @Override
  public void run(int from, int to, int worker) {
    for (int unit = from; unit < to; ) {
      int first = unit % headUnits;
      int end = Math.min(headUnits, first + to - unit);
      kernels.attend(
          sequence.q,
          cache,
          unit / headUnits,
          group,
          sequence.length(),
          first * unitQueries,
          Math.min(queries, end * unitQueries),
          sequence.scratch[worker],
          sequence.attended.x);
      unit += end - first;
    }
  }
}
