package io.tmac.model;

import io.tmac.kernel.KvPages;
import io.tmac.kernel.Linear;

/** The forward pass of one layer. Immutable; the tokens' state is in their {@link Sequence}. */
final class Block {
  private final float[] attentionNorm;
  private final float[] ffnNorm;
  private final Weights.Extras extras;
  private final boolean rounds;

  // The matrices, grouped by their input.
  private final Linear[] qkv;
  private final Linear[] wo;
  private final Linear[] gateUp;
  private final Linear[] down;

  /**
   * Takes a layer.
   *
   * @param rounds whether the model rounds the inputs of its matrices
   */
  Block(Weights.Layer layer, boolean rounds) {
    this.rounds = rounds;
    attentionNorm = layer.attentionNorm();
    ffnNorm = layer.ffnNorm();
    extras = layer.extras();
    qkv = new Linear[] {layer.wq(), layer.wk(), layer.wv()};
    wo = new Linear[] {layer.wo()};
    gateUp = new Linear[] {layer.gate(), layer.up()};
    down = new Linear[] {layer.down()};
  }

  /**
   * Attention. What it adds to the residual stream is left in {@code s.delta}, the inputs of wo in
   * {@code s.attended}.
   *
   * @param s the sequence; its residual stream holds {@code count} tokens
   * @param count number of tokens
   * @param cache keys and values of this layer
   * @param addsDelta whether the residual stream still lacks {@code s.delta}
   */
  void attention(Sequence s, int count, KvPages cache, boolean addsDelta) {
    s.steps.norm(count, attentionNorm, addsDelta, rounds);
    s.matmul.run(s.normed, count, qkv, s.qkvOut);
    s.steps.rotate(count, extras, cache);
    s.heads.run(cache, count);
    s.steps.subNorm(count, extras.attentionSubNorm(), s.attended.x, wo[0].cols());
    s.matmul.run(s.attended, count, wo, s.deltaOut);
  }

  /**
   * The feed-forward layer. What it adds to the residual stream is left in {@code s.delta}, the
   * inputs of down in {@code s.gated}.
   *
   * @param s the sequence
   * @param count number of tokens
   * @param addsDelta whether the residual stream still lacks {@code s.delta}
   */
  void feedForward(Sequence s, int count, boolean addsDelta) {
    s.steps.norm(count, ffnNorm, addsDelta, rounds);
    s.matmul.run(s.normed, count, gateUp, s.gateUpOut);
    s.steps.gate(count);
    s.steps.subNorm(count, extras.ffnSubNorm(), s.gated.x, down[0].cols());
    s.matmul.run(s.gated, count, down, s.deltaOut);
  }
}
