package io.tmac.model;

import io.tmac.kernel.Linear;

/** The forward pass of one layer. Immutable; the tokens' state is in their {@link Pass}. */
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
   * Attention. What it adds to the residual stream is left in {@code pass.delta}, the inputs of wo
   * in {@code pass.attended}.
   *
   * @param pass the pass; its residual stream holds all its tokens
   * @param layer whose keys and values these are
   * @param addsDelta whether the residual stream still lacks {@code pass.delta}
   */
  void attention(Pass pass, int layer, boolean addsDelta) {
    int count = pass.tokens();
    pass.steps.norm(count, attentionNorm, addsDelta, rounds);
    pass.matmul.run(pass.normed, count, qkv, pass.qkvOut);
    pass.steps.rotate(extras, layer);
    pass.heads.run(layer);
    pass.steps.subNorm(count, extras.attentionSubNorm(), pass.attended.x, wo[0].cols());
    pass.matmul.run(pass.attended, count, wo, pass.deltaOut);
  }

  /**
   * The feed-forward layer. What it adds to the residual stream is left in {@code pass.delta}, the
   * inputs of down in {@code pass.gated}.
   *
   * @param pass the pass
   * @param addsDelta whether the residual stream still lacks {@code pass.delta}
   */
  void feedForward(Pass pass, boolean addsDelta) {
    int count = pass.tokens();
    pass.steps.norm(count, ffnNorm, addsDelta, rounds);
    pass.matmul.run(pass.normed, count, gateUp, pass.gateUpOut);
    pass.steps.gate(count);
    pass.steps.subNorm(count, extras.ffnSubNorm(), pass.gated.x, down[0].cols());
    pass.matmul.run(pass.gated, count, down, pass.deltaOut);
  }
}
