package io.tmac.model;

import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.WorkerPool;

/**
 * Runs one layer of a model by itself, on residual streams that the caller holds: what calibration
 * needs, which looks at each layer while it changes the layers before it.
 *
 * <p>Used by one thread at a time; the threads of the pool share the work.
 */
public final class LayerRunner {

  /** Sees the inputs of the last matrix of a step, some tokens at a time. */
  public interface Visitor {
    /**
     * Takes the inputs of some tokens.
     *
     * @param first index of the first token
     * @param tokens number of tokens
     * @param values {@code [tokens x cols]}, maybe longer; valid during this call only
     */
    void visit(int first, int tokens, float[] values);
  }

  private final ModelConfig config;
  private final Block block;
  private final Rope rope;
  private final Sequence sequence;
  private final Pass pass;

  /** What the tokens are does not matter here. */
  private final int[] tokenIds = new int[Pass.MAX_TOKENS];

  /**
   * Prepares a layer.
   *
   * @param config the model's shape
   * @param layer the layer's weights
   * @param kernels the arithmetic
   * @param pool the threads
   */
  public LayerRunner(
      ModelConfig config, Weights.Layer layer, KernelProvider kernels, WorkerPool pool) {
    this.config = config.withLayers(1);
    this.block = new Block(layer, config.int8Inputs());
    this.rope = new Rope(config);
    this.sequence = new Sequence(this.config, KvCacheType.F32);
    this.pass = new Pass(this.config, kernels, pool, rope);
  }

  /**
   * Adds the output of attention to the residual stream of a sequence.
   *
   * @param x the residual stream {@code [tokens x dim]} from position 0 on
   * @param tokens number of tokens
   * @param attended sees the inputs of wo {@code [tokens x queryDim]}
   */
  public void attention(float[] x, int tokens, Visitor attended) {
    sequence.truncate(0);
    for (int first = 0; first < tokens; first += Pass.MAX_TOKENS) {
      int count = begin(x, first, tokens);
      pass.turn(rope);
      block.attention(pass, 0, false);
      pass.advance();
      attended.visit(first, count, pass.attended.x);
      end(x, first, count);
    }
  }

  /**
   * Adds the output of the feed-forward layer to the residual stream of a sequence.
   *
   * @param x the residual stream {@code [tokens x dim]}
   * @param tokens number of tokens
   * @param gated sees the inputs of down {@code [tokens x hiddenDim]}
   */
  public void feedForward(float[] x, int tokens, Visitor gated) {
    sequence.truncate(0);
    for (int first = 0; first < tokens; first += Pass.MAX_TOKENS) {
      int count = begin(x, first, tokens);
      block.feedForward(pass, false);
      gated.visit(first, count, pass.gated.x);
      end(x, first, count);
    }
  }

  private int begin(float[] x, int first, int tokens) {
    int count = Math.min(Pass.MAX_TOKENS, tokens - first);
    pass.clear();
    pass.add(sequence, tokenIds, 0, count, Pass.Logits.NONE);
    pass.reserve();
    System.arraycopy(x, first * config.dim(), pass.x, 0, count * config.dim());
    return count;
  }

  private void end(float[] x, int first, int count) {
    int at = first * config.dim();
    for (int i = 0; i < count * config.dim(); i++) {
      x[at + i] += pass.delta[i];
    }
  }
}
