package io.tmac.model;

import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Linear;
import io.tmac.kernel.WorkerPool;

/**
 * The forward pass of a llama-type decoder (Touvron et al. 2023): per layer RMSNorm, attention with
 * rotary embedding and grouped queries (Ainslie et al. 2023), RMSNorm, a gated feed-forward layer
 * (Shazeer 2020). What Mistral, Qwen and BitNet do otherwise is data: the {@link ModelConfig}, and
 * vectors that a layer has or has not.
 *
 * <p>Immutable; many sequences may run at the same time. The result of a token does not depend on
 * the number of threads nor on how the tokens before it were split into passes.
 */
public final class Transformer {
  /**
   * Tokens that one pass takes at most. Weights are decoded once per pass; with 128 tokens prompts
   * run a quarter faster than with 32, and buffers are still small beside a cache of as many.
   */
  public static final int MAX_TOKENS = 128;

  private final ModelConfig config;
  private final Weights weights;
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Rope rope;
  private final Block[] blocks;
  private final Linear[] classifier;

  /** Creates the model from its weights. */
  public Transformer(Weights weights, KernelProvider kernels, WorkerPool pool) {
    this.config = weights.config();
    this.weights = weights;
    this.kernels = kernels;
    this.pool = pool;
    this.rope = new Rope(config);
    this.blocks =
        weights.layers().stream()
            .map(layer -> new Block(layer, config.int8Inputs()))
            .toArray(Block[]::new);
    this.classifier = new Linear[] {weights.classifier()};
  }

  /** Returns a new, empty sequence that stores its keys and values as given. */
  public Sequence newSequence(KvCacheType cacheType) {
    return new Sequence(config, cacheType, kernels, pool, rope);
  }

  /** Which tokens of a pass get logits. */
  public enum Logits {
    /** None: the tokens only fill the cache. */
    NONE,
    /** The last one. */
    LAST,
    /** All. */
    ALL
  }

  /**
   * Appends tokens to a sequence.
   *
   * @param sequence the sequence
   * @param tokens holds the tokens, each from 0 to {@code vocabSize - 1}
   * @param from index of the first
   * @param count how many, from 1 to {@link #MAX_TOKENS}
   * @param wanted which tokens get logits
   * @return the logits, {@code [vocabSize]} of the last token or {@code [count x vocabSize]} of all
   *     (the array may be longer), or null for none; overwritten by the next pass
   */
  public float[] forward(Sequence sequence, int[] tokens, int from, int count, Logits wanted) {
    sequence.reserve(count);
    int dim = config.dim();
    for (int t = 0; t < count; t++) {
      rope.angles(sequence.length() + t, sequence.angles, t * config.headDim());
      weights.embedding().decodeRow(tokens[from + t], sequence.scratch[0].row);
      System.arraycopy(sequence.scratch[0].row, 0, sequence.x, t * dim, dim);
    }
    for (int l = 0; l < blocks.length; l++) {
      blocks[l].attention(sequence, count, sequence.cache.layer(l), l > 0);
      blocks[l].feedForward(sequence, count, true);
    }
    sequence.advance(count);
    return switch (wanted) {
      case NONE -> null;
      case LAST -> classify(sequence, count - 1, 1);
      case ALL -> classify(sequence, 0, count);
    };
  }

  private float[] classify(Sequence s, int first, int count) {
    int dim = config.dim();
    System.arraycopy(s.x, first * dim, s.x, 0, count * dim);
    System.arraycopy(s.delta, first * dim, s.delta, 0, count * dim);
    s.steps.norm(count, weights.finalNorm(), true, false);
    float[][] logits = s.logitsOut(count);
    s.matmul.run(s.normed, count, classifier, logits);
    return logits[0];
  }
}
