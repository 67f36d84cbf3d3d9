package io.tmac;

/**
 * The shape of a decoder-only transformer of the llama family.
 *
 * @param dim width of the residual stream
 * @param hiddenDim width of the feed-forward layer
 * @param layers number of transformer layers
 * @param heads number of query heads
 * @param kvHeads number of key and value heads; each serves {@code heads / kvHeads} query heads
 * @param headDim width of one head
 * @param vocabSize number of tokens
 * @param contextLength longest sequence the model was made for, in tokens
 * @param ropeTheta base of the rotary position embedding
 * @param rmsNormEps added to the mean square under the root of RMSNorm
 */
public record ModelConfig(
    int dim,
    int hiddenDim,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabSize,
    int contextLength,
    float ropeTheta,
    float rmsNormEps) {

  /**
   * Checks that the shape is possible.
   *
   * @throws IllegalArgumentException if a size is not positive or the heads do not divide
   */
  public ModelConfig {
    positive("dim", dim);
    positive("hiddenDim", hiddenDim);
    positive("layers", layers);
    positive("heads", heads);
    positive("kvHeads", kvHeads);
    positive("headDim", headDim);
    positive("vocabSize", vocabSize);
    positive("contextLength", contextLength);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "heads (" + heads + ") must be a multiple of kvHeads (" + kvHeads + ")");
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "headDim must be even, rotary embeddings turn pairs: " + headDim);
    }
  }

  /**
   * Width of all key (or value) heads together.
   *
   * @return {@code kvHeads * headDim}
   */
  public int kvDim() {
    return kvHeads * headDim;
  }

  /**
   * Width of all query heads together.
   *
   * @return {@code heads * headDim}
   */
  public int queryDim() {
    return heads * headDim;
  }

  /**
   * The same shape with another number of layers.
   *
   * @param layers number of transformer layers
   * @return the shape
   * @throws IllegalArgumentException if it is not positive
   */
  public ModelConfig withLayers(int layers) {
    return new ModelConfig(
        dim,
        hiddenDim,
        layers,
        heads,
        kvHeads,
        headDim,
        vocabSize,
        contextLength,
        ropeTheta,
        rmsNormEps);
  }

  private static void positive(String name, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
