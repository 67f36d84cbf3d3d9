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
 * <p>Immutable; many passes may run at the same time. The result of a token does not depend on the
 * number of threads, nor on how the tokens before it were split into passes, nor on what else was
 * in these.
 */
public final class Transformer {
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
    return new Sequence(config, cacheType);
  }

  /** Returns a new pass. */
  public Pass newPass() {
    return new Pass(config, kernels, pool, rope);
  }

  /**
   * Appends the tokens of all segments of a pass to their sequences. If it fails, no sequence has
   * changed.
   *
   * @param pass at least one segment
   * @return the logits {@code [rows x vocabSize]}, whose rows {@link Pass#add} has told (the array
   *     may be longer, unless there is one row), or null for none; overwritten by the next run
   */
  public float[] run(Pass pass) {
    pass.reserve();
    pass.turn(rope);
    int dim = config.dim();
    float[] row = pass.scratch[0].row;
    for (int t = 0; t < pass.tokens(); t++) {
      weights.embedding().decodeRow(pass.ids[t], row);
      System.arraycopy(row, 0, pass.x, t * dim, dim);
    }
    for (int l = 0; l < blocks.length; l++) {
      blocks[l].attention(pass, l, l > 0);
      blocks[l].feedForward(pass, true);
    }
    float[] logits = pass.chosenCount() == 0 ? null : classify(pass);
    pass.advance();
    return logits;
  }

  private float[] classify(Pass pass) {
    int dim = config.dim();
    int count = pass.chosenCount();
    for (int i = 0; i < count; i++) {
      System.arraycopy(pass.x, pass.chosen[i] * dim, pass.x, i * dim, dim);
      System.arraycopy(pass.delta, pass.chosen[i] * dim, pass.delta, i * dim, dim);
    }
    pass.steps.norm(count, weights.finalNorm(), true, false);
    float[][] logits = pass.logitsOut();
    pass.matmul.run(pass.normed, count, classifier, logits);
    return logits[0];
  }
}
