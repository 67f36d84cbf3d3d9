package io.tmac.model;

import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.kernel.Input;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Matmul;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;

/**
 * One sequence of tokens: its cache and the buffers of the forward pass. Used by one thread at a
 * time. Buffers grow to the largest number of tokens that one pass has taken.
 */
public final class Sequence {
  final KvCache cache;
  final Matmul matmul;
  final AttentionHeads heads;
  final TokenSteps steps;
  final Scratch[] scratch;

  /** Normalised input of q, k and v, of gate and up, and of the classifier. */
  final Input normed;

  /** Output of attention, input of wo. */
  final Input attended;

  /** Gated values, input of down. */
  final Input gated;

  /** The residual stream {@code [tokens x dim]}. */
  float[] x = {};

  /** Queries {@code [tokens x heads * headDim]}. */
  float[] q = {};

  /** Keys {@code [tokens x kvHeads * headDim]}. */
  float[] k = {};

  /** Values {@code [tokens x kvHeads * headDim]}. */
  float[] v = {};

  /** Values before they are gated {@code [tokens x hiddenDim]}. */
  float[] up = {};

  /** What a layer adds to the residual stream {@code [tokens x dim]}. */
  float[] delta = {};

  // The outputs of each group of matrices, as the driver takes them.
  final float[][] qkvOut = new float[3][];
  final float[][] deltaOut = new float[1][];
  final float[][] gateUpOut = new float[2][];
  private final float[][] logitsOut = new float[1][];

  /** Cosines and sines {@code [tokens x headDim]}. */
  float[] angles = {};

  private final float[] logits;
  private float[] manyLogits = {};
  private final ModelConfig config;
  private int capacity;
  private int length;

  Sequence(
      ModelConfig config,
      KvCacheType cacheType,
      KernelProvider kernels,
      WorkerPool pool,
      Rope rope) {
    this.config = config;
    this.cache = new KvCache(config, cacheType);
    this.logits = new float[config.vocabSize()];
    int maxCols = Math.max(Math.max(config.dim(), config.hiddenDim()), config.queryDim());
    this.scratch = new Scratch[pool.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new Scratch(maxCols);
    }
    this.matmul = new Matmul(kernels, pool, scratch);
    this.heads = new AttentionHeads(config, kernels, pool, this);
    this.steps = new TokenSteps(config, kernels, pool, rope, this);
    float leastMax = config.int8Inputs() ? Int8Rounding.LEAST_MAX : 0;
    this.normed = new Input(config.dim(), leastMax);
    this.attended = new Input(config.queryDim(), leastMax);
    this.gated = new Input(config.hiddenDim(), leastMax);
  }

  /** Where the logits of a pass go: {@code [tokens x vocabSize]}, exactly so long for one token. */
  float[][] logitsOut(int tokens) {
    if (tokens == 1) {
      logitsOut[0] = logits;
      return logitsOut;
    }
    if (manyLogits.length < tokens * config.vocabSize()) {
      manyLogits = new float[Math.multiplyExact(tokens, config.vocabSize())];
    }
    logitsOut[0] = manyLogits;
    return logitsOut;
  }

  /** Makes room for {@code tokens} more tokens in one pass. */
  void reserve(int tokens) {
    cache.reserve(length + tokens);
    if (tokens <= capacity) {
      return;
    }
    normed.reserve(tokens);
    attended.reserve(tokens);
    gated.reserve(tokens);
    x = new float[tokens * config.dim()];
    q = new float[tokens * config.queryDim()];
    k = new float[tokens * config.kvDim()];
    v = new float[tokens * config.kvDim()];
    up = new float[tokens * config.hiddenDim()];
    delta = new float[tokens * config.dim()];
    angles = new float[tokens * config.headDim()];
    qkvOut[0] = q;
    qkvOut[1] = k;
    qkvOut[2] = v;
    deltaOut[0] = delta;
    gateUpOut[0] = gated.x;
    gateUpOut[1] = up;
    capacity = tokens; // Last: if memory ran out above, the next call tries again.
  }

  void advance(int tokens) {
    length += tokens;
  }

  /** Returns the number of tokens so far: the position of the next one. */
  public int length() {
    return length;
  }

  /**
   * Forgets the tokens from a position on.
   *
   * @param length the number of tokens to keep
   */
  public void truncate(int length) {
    if (length < 0 || length > this.length) {
      throw new IllegalArgumentException("length must be 0 to " + this.length + ": " + length);
    }
    this.length = length;
  }

  /** Returns the memory of the keys and values in bytes. */
  public long cacheBytes() {
    return cache.bytes();
  }
}
