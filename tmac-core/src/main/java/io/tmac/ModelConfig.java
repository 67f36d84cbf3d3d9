package io.tmac;

import java.util.Objects;

/**
 * A decoder-only transformer of the llama family as data: its shape, and what sets one family
 * (Llama, Mistral, Qwen, BitNet) apart from another. Biases and the norms of heads and sub-layers
 * are not named here: a model has them if it has such tensors.
 *
 * @param dim width of the residual stream
 * @param hiddenDim width of the feed-forward layer
 * @param layers number of transformer layers
 * @param heads number of query heads
 * @param kvHeads number of key and value heads; each serves {@code heads / kvHeads} query heads
 * @param headDim width of one head
 * @param vocabSize number of tokens, which are the rows of the embedding
 * @param contextLength longest sequence the model was made for, in tokens
 * @param ropeTheta base of the rotary position embedding
 * @param rmsNormEps added to the mean square under the root of RMSNorm
 * @param ropePairs which elements of a head the rotary position embedding turns together
 * @param ropeScaling how its frequencies were changed for longer contexts
 * @param gate activation of the gate of the feed-forward layer
 * @param slidingWindow a token attends to itself and the {@code slidingWindow - 1} tokens before
 *     it; 0 for all tokens
 * @param int8Inputs whether the inputs of the layers' matrices are rounded to int8 with one scale
 *     per token by the model's own definition (BitNet), whatever {@link Activations} were asked for
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
    double rmsNormEps,
    RopePairs ropePairs,
    RopeScaling ropeScaling,
    Gate gate,
    int slidingWindow,
    boolean int8Inputs) {

  /** Which elements of a head turn together. */
  public enum RopePairs {
    /** Elements 2j and 2j + 1: llama2.c, and GGUF files of architecture {@code llama}. */
    INTERLEAVED,
    /** Elements j and j + headDim / 2: all Hugging Face models, and other GGUF files. */
    HALVES
  }

  /** The activation of the gate: {@code activation(gate) * up}. */
  public enum Gate {
    /** {@code x / (1 + exp(-x))}. */
    SILU,
    /** {@code max(x, 0)^2} (BitNet b1.58). */
    SQUARED_RELU
  }

  /**
   * Checks that the shape is possible.
   *
   * @throws IllegalArgumentException if a size is not positive, the heads do not divide, or a
   *     number of the position embedding or the norm is not finite and positive
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
    Objects.requireNonNull(ropePairs, "ropePairs");
    Objects.requireNonNull(ropeScaling, "ropeScaling");
    Objects.requireNonNull(gate, "gate");
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "heads (" + heads + ") must be a multiple of kvHeads (" + kvHeads + ")");
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "headDim must be even, rotary embeddings turn pairs: " + headDim);
    }
    if (!(ropeTheta > 0) || !Float.isFinite(ropeTheta)) {
      throw new IllegalArgumentException("ropeTheta must be positive: " + ropeTheta);
    }
    if (!(rmsNormEps >= 0) || !Double.isFinite(rmsNormEps)) {
      throw new IllegalArgumentException("rmsNormEps must be 0 or positive: " + rmsNormEps);
    }
    if (ropeScaling instanceof RopeScaling.Divisors(var values) && values.size() != headDim / 2) {
      throw new IllegalArgumentException(
          "headDim " + headDim + " needs " + headDim / 2 + " divisors, not " + values.size());
    }
    if (slidingWindow < 0) {
      throw new IllegalArgumentException("slidingWindow must be 0 or positive: " + slidingWindow);
    }
  }

  /**
   * A model as llama2.c defines it: interleaved pairs, no scaling, SiLU, attention to all tokens.
   *
   * @param dim width of the residual stream
   * @param hiddenDim width of the feed-forward layer
   * @param layers number of transformer layers
   * @param heads number of query heads
   * @param kvHeads number of key and value heads
   * @param headDim width of one head
   * @param vocabSize number of tokens
   * @param contextLength longest sequence the model was made for, in tokens
   * @param ropeTheta base of the rotary position embedding
   * @param rmsNormEps added to the mean square under the root of RMSNorm
   * @throws IllegalArgumentException as the other constructor
   */
  public ModelConfig(
      int dim,
      int hiddenDim,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      int vocabSize,
      int contextLength,
      float ropeTheta,
      double rmsNormEps) {
    this(
        dim,
        hiddenDim,
        layers,
        heads,
        kvHeads,
        headDim,
        vocabSize,
        contextLength,
        ropeTheta,
        rmsNormEps,
        RopePairs.INTERLEAVED,
        new RopeScaling.None(),
        Gate.SILU,
        0,
        false);
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  /**
   * The same model with another pairing of elements.
   *
   * @param ropePairs which elements of a head turn together
   * @return the model
   */
  public ModelConfig withRopePairs(RopePairs ropePairs) {
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  /**
   * The same model with another scaling of the position embedding.
   *
   * @param ropeScaling how frequencies are changed
   * @return the model
   * @throws IllegalArgumentException if it has another number of divisors than pairs
   */
  public ModelConfig withRopeScaling(RopeScaling ropeScaling) {
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  /**
   * The same model with another activation of the gate.
   *
   * @param gate the activation
   * @return the model
   */
  public ModelConfig withGate(Gate gate) {
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  /**
   * The same model with another window.
   *
   * @param slidingWindow tokens that a token attends to, or 0 for all
   * @return the model
   * @throws IllegalArgumentException if it is negative
   */
  public ModelConfig withSlidingWindow(int slidingWindow) {
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  /**
   * The same model with another rounding of inputs.
   *
   * @param int8Inputs whether the model rounds inputs of ternary matrices itself
   * @return the model
   */
  public ModelConfig withInt8Inputs(boolean int8Inputs) {
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
        rmsNormEps,
        ropePairs,
        ropeScaling,
        gate,
        slidingWindow,
        int8Inputs);
  }

  private static void positive(String name, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
