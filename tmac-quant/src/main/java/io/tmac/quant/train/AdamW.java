package io.tmac.quant.train;

/**
 * AdamW (Loshchilov and Hutter 2019): moments of the gradients, and weight decay beside them.
 *
 * @param beta1 share of the old mean
 * @param beta2 share of the old mean square
 * @param eps added to the root of the mean square
 * @param decay weight decay of matrices, times the learning rate
 */
record AdamW(float beta1, float beta2, float eps, float decay) {

  /**
   * Changes weights from {@code from} to {@code to}.
   *
   * @param step 1 for the first
   * @param factor what gradients are multiplied with beforehand
   * @param decays whether the weights decay
   */
  void update(
      float[] weights,
      float[] gradients,
      float[] mean,
      float[] square,
      int from,
      int to,
      int step,
      float rate,
      float factor,
      boolean decays) {
    float meanBias = (float) (1 / (1 - Math.pow(beta1, step)));
    float squareBias = (float) (1 / (1 - Math.pow(beta2, step)));
    float keep = decays ? 1 - rate * decay : 1;
    for (int i = from; i < to; i++) {
      float g = gradients[i] * factor;
      float m = beta1 * mean[i] + (1 - beta1) * g;
      float s = beta2 * square[i] + (1 - beta2) * g * g;
      mean[i] = m;
      square[i] = s;
      float root = (float) Math.sqrt(s * squareBias) + eps;
      weights[i] = weights[i] * keep - rate * (m * meanBias) / root;
    }
  }
}
