package io.tmac.quant.encode;

import io.tmac.ModelConfig;

/**
 * The RoPE tables of a model whose file has none, as llama2.c's {@code precompute_freqs_cis} makes
 * them: {@code position * (1 / theta^(2j / headDim))}, each step rounded to float32.
 */
public final class ComputedRope {
  private final float[] frequencies;
  private final boolean cosines;

  /**
   * Computes the frequencies.
   *
   * @param config the model
   * @param cosines whether the table is that of the cosines, not of the sines
   */
  public ComputedRope(ModelConfig config, boolean cosines) {
    this.cosines = cosines;
    frequencies = new float[config.headDim() / 2];
    for (int j = 0; j < frequencies.length; j++) {
      float exponent = 2f * j / config.headDim();
      frequencies[j] = 1 / (float) Math.pow(config.ropeTheta(), exponent);
    }
  }

  /**
   * Writes the values of a position.
   *
   * @param position from 0
   * @param out receives {@code headDim / 2} values
   */
  public void row(int position, float[] out) {
    for (int j = 0; j < frequencies.length; j++) {
      float angle = position * frequencies[j];
      out[j] = (float) (cosines ? Math.cos(angle) : Math.sin(angle));
    }
  }
}
