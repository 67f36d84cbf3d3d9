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
  private final Pass pass;
  private final WorkerPool.Task normTask = this::norm;
  private final WorkerPool.Task rotateTask = this::rotate;
  private final WorkerPool.Task storeTask = this::store;
  private final WorkerPool.Task gateTask = this::gate;
  private final WorkerPool.Task subNormTask = this::subNorm;

  private float[] weight;
  private boolean rounds;
  private float[] inner;
  private int innerCols;
  private Weights.Extras extras;
  private boolean addsDelta;
  private int layer;

  TokenSteps(ModelConfig config, KernelProvider kernels, WorkerPool pool, Rope rope, Pass pass) {
    this.config = config;
    this.kernels = kernels;
    this.pool = pool;
    this.rope = rope;
    this.pass = pass;
  }

  /**
   * Normalises the residual stream, after the output of the last layer was added to it.
   *
   * @param rounds whether to round the result as {@link Int8Rounding} says
   */
  void norm(int count, float[] weight, boolean addsDelta, boolean rounds) {
    this.weight = weight;
    this.addsDelta = addsDelta;
    this.rounds = rounds;
    pool.run(count, normTask);
  }

  private void norm(int from, int to, int worker) {
    int dim = config.dim();
    float[] x = pass.x;
    if (addsDelta) {
      float[] delta = pass.delta;
      for (int i = from * dim; i < to * dim; i++) {
        x[i] += delta[i];
      }
    }
    for (int t = from; t < to; t++) {
      if (rounds) {
        Int8Rounding.norm(x, t * dim, weight, config.rmsNormEps(), pass.normed.x);
      } else {
        RmsNorm.apply(x, t * dim, weight, config.rmsNormEps(), pass.normed.x);
      }
    }
  }

  /**
   * Adds biases, normalises the heads of queries and keys, turns them by their positions, and
   * stores keys and values.
   */
  void rotate(Weights.Extras extras, int layer) {
    this.extras = extras;
    this.layer = layer;
    int count = pass.tokens();
    pool.run(count, rotateTask);
    if (count == 1) {
      store(0, config.kvHeads(), 0);
    } else {
      pool.run(config.kvHeads(), storeTask);
    }
  }

  private void rotate(int from, int to, int worker) {
    int queryDim = config.queryDim();
    int kvDim = config.kvDim();
    for (int t = from; t < to; t++) {
      add(extras.qBias(), pass.q, t * queryDim);
      add(extras.kBias(), pass.k, t * kvDim);
      add(extras.vBias(), pass.v, t * kvDim);
      normHeads(extras.qNorm(), pass.q, t * queryDim, queryDim);
      normHeads(extras.kNorm(), pass.k, t * kvDim, kvDim);
      int angles = t * config.headDim();
      rope.apply(pass.q, t * queryDim, queryDim, pass.angles, angles);
      rope.apply(pass.k, t * kvDim, kvDim, pass.angles, angles);
    }
  }

  private static void add(float[] bias, float[] x, int at) {
    for (int i = 0; i < bias.length; i++) {
      x[at + i] += bias[i];
    }
  }

  private void normHeads(float[] weight, float[] x, int at, int width) {
    if (weight.length > 0) {
      for (int head = at; head < at + width; head += config.headDim()) {
        RmsNorm.apply(x, head, weight, config.rmsNormEps(), x);
      }
    }
  }

  private void store(int fromHead, int toHead, int worker) {
    int kvDim = config.kvDim();
    for (int i = 0; i < pass.segments(); i++) {
      Sequence sequence = pass.sequence(i);
      KvPages cache = sequence.cache.layer(layer);
      int at = pass.first(i) * kvDim;
      cache.put(sequence.length(), pass.count(i), pass.k, pass.v, at, fromHead, toHead);
    }
  }

  /** Multiplies the up projection by the activated gate. */
  void gate(int count) {
    pool.run(count, gateTask);
  }

  private void gate(int from, int to, int worker) {
    int first = from * config.hiddenDim();
    int end = to * config.hiddenDim();
    switch (config.gate()) {
      case SILU -> kernels.swiglu(pass.gated.x, pass.up, first, end);
      case SQUARED_RELU -> gateBySquare(pass.gated.x, pass.up, first, end);
    }
  }

  private static void gateBySquare(float[] gate, float[] up, int from, int to) {
    for (int i = from; i < to; i++) {
      float positive = Math.max(gate[i], 0);
      gate[i] = positive * positive * up[i];
    }
  }

  /**
   * Normalises and rounds the input of a matrix in place, as far as the model does that.
   *
   * @param weight scale of the norm {@code [cols]}, or without elements
   * @param x {@code [tokens x cols]}
   */
  void subNorm(int count, float[] weight, float[] x, int cols) {
    if (weight.length > 0 || config.int8Inputs()) {
      this.weight = weight;
      this.inner = x;
      this.innerCols = cols;
      pool.run(count, subNormTask);
    }
  }

  private void subNorm(int from, int to, int worker) {
    double eps = config.rmsNormEps();
    for (int t = from; t < to; t++) {
      int at = t * innerCols;
      if (weight.length == 0) {
        Int8Rounding.round(inner, at, innerCols);
      } else if (config.int8Inputs()) {
        Int8Rounding.norm(inner, at, weight, eps, inner);
      } else {
        RmsNorm.apply(inner, at, weight, eps, inner);
      }
    }
  }
}
