package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.WorkerPool;

/**
 * What happens to each token of a pass by itself, between the matrix products. The tokens are split
 * over the threads; one token runs on the caller.
 */
final class TokenSteps {
  private final ModelConfig config;
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Rope rope;
  private final Sequence s;
  private final WorkerPool.Task normTask = this::norm;
  private final WorkerPool.Task rotateTask = this::rotate;
  private final WorkerPool.Task storeTask = this::store;
  private final WorkerPool.Task gateTask = this::gate;

  private float[] weight;
  private boolean addsDelta;
  private KvPages cache;
  private int count;

  TokenSteps(
      ModelConfig config, KernelProvider kernels, WorkerPool pool, Rope rope, Sequence sequence) {
    this.config = config;
    this.kernels = kernels;
    this.pool = pool;
    this.rope = rope;
    this.s = sequence;
  }

  /** Normalises the residual stream, after the output of the last layer was added to it. */
  void norm(int count, float[] weight, boolean addsDelta) {
    this.weight = weight;
    this.addsDelta = addsDelta;
    pool.run(count, normTask);
  }

  private void norm(int from, int to, int worker) {
    int dim = config.dim();
    float[] x = s.x;
    if (addsDelta) {
      float[] delta = s.delta;
      for (int i = from * dim; i < to * dim; i++) {
        x[i] += delta[i];
      }
    }
    for (int t = from; t < to; t++) {
      RmsNorm.apply(x, t * dim, weight, config.rmsNormEps(), s.normed.x);
    }
  }

  /** Turns queries and keys by their positions and stores keys and values. */
  void rotate(int count, KvPages cache) {
    pool.run(count, rotateTask);
    if (count == 1) {
      cache.put(s.length(), 1, s.k, s.v);
    } else {
      this.count = count;
      this.cache = cache;
      pool.run(config.kvHeads(), storeTask);
    }
  }

  private void rotate(int from, int to, int worker) {
    int queryDim = config.queryDim();
    int kvDim = config.kvDim();
    for (int t = from; t < to; t++) {
      int angles = t * config.headDim();
      rope.apply(s.q, t * queryDim, queryDim, s.angles, angles);
      rope.apply(s.k, t * kvDim, kvDim, s.angles, angles);
    }
  }

  private void store(int fromHead, int toHead, int worker) {
    cache.put(s.length(), count, s.k, s.v, fromHead, toHead);
  }

  /** Multiplies the up projection by the activated gate. */
  void gate(int count) {
    pool.run(count, gateTask);
  }

  private void gate(int from, int to, int worker) {
    kernels.swiglu(s.gated.x, s.up, from * config.hiddenDim(), to * config.hiddenDim());
  }
}
