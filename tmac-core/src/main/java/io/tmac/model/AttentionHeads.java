package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.WorkerPool;
import java.util.Arrays;

/**
 * Attention of all query heads of a pass, split over the threads. A unit is a few queries of one
 * key and value head of one segment: those of one token that share it, at least four if there are
 * as many, fewer where threads would have nothing to do.
 */
final class AttentionHeads implements WorkerPool.Task {
  private static final int QUERIES_PER_LOAD = 4;

  private final ModelConfig config;
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Pass pass;
  private final int group;
  private int layer;

  /** Queries of a unit at most. */
  private int unitQueries;

  /** Segment i has the units from {@code firstUnits[i]} to {@code firstUnits[i + 1]}. */
  private int[] firstUnits = new int[2];

  AttentionHeads(ModelConfig config, KernelProvider kernels, WorkerPool pool, Pass pass) {
    this.config = config;
    this.kernels = kernels;
    this.pool = pool;
    this.pass = pass;
    this.group = config.heads() / config.kvHeads();
  }

  /** Attends with the queries of all tokens, which are behind their sequences' lengths. */
  void run(int layer) {
    this.layer = layer;
    int segments = pass.segments();
    if (firstUnits.length <= segments) {
      firstUnits = new int[2 * segments + 1];
    }
    unitQueries = Math.max(group, QUERIES_PER_LOAD);
    split(segments);
    while (unitQueries > 1 && firstUnits[segments] < pool.threads()) {
      unitQueries = Math.ceilDiv(unitQueries, 2);
      split(segments);
    }
    pool.run(firstUnits[segments], this);
  }

  private void split(int segments) {
    for (int i = 0; i < segments; i++) {
      firstUnits[i + 1] = firstUnits[i] + config.kvHeads() * headUnits(i);
    }
  }

  /** Units of one key and value head of a segment. */
  private int headUnits(int segment) {
    return Math.ceilDiv(pass.count(segment) * group, unitQueries);
  }

  @Override
  public void run(int from, int to, int worker) {
    int found = Arrays.binarySearch(firstUnits, 0, pass.segments() + 1, from);
    int segment = found < 0 ? -found - 2 : found;
    for (int unit = from; unit < to; segment++) {
      int end = Math.min(to, firstUnits[segment + 1]);
      run(segment, unit - firstUnits[segment], end - firstUnits[segment], worker);
      unit = end;
    }
  }

  /** Does units of one segment. */
  private void run(int segment, int from, int to, int worker) {
    Sequence sequence = pass.sequence(segment);
    KvPages cache = sequence.cache.layer(layer);
    int first = pass.first(segment);
    int firstQuery = first * group;
    int queries = pass.count(segment) * group;
    int headUnits = headUnits(segment);
    for (int unit = from; unit < to; ) {
      int begin = unit % headUnits;
      int end = Math.min(headUnits, begin + to - unit);
      kernels.attend(
          pass.q,
          cache,
          unit / headUnits,
          group,
          sequence.length() - first,
          firstQuery + begin * unitQueries,
          firstQuery + Math.min(queries, end * unitQueries),
          pass.scratch[worker],
          pass.attended.x);
      unit += end - begin;
    }
  }
}
