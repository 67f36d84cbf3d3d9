package io.tmac.quant.encode;

import java.util.function.Supplier;

/**
 * A method of quantising: what codes and scales the tensors of a model get. A method that looks at
 * more than a row or a block, for example at activations, computes its codes beforehand and hands
 * them out here.
 *
 * <p>Tensors have the names that reports print: {@code tok_embeddings}, {@code layers.0.wq}, {@code
 * output}. Several threads ask; each fit that is handed out serves one thread, for a few rows or
 * blocks of its tensor in ascending order, so that it may keep buffers.
 */
public interface Fits {

  /**
   * How the rows of a tensor, or its blocks, become ternary codes.
   *
   * @param tensor the tensor's name
   * @return a fit for one thread
   */
  TernaryFit ternary(String tensor);

  /**
   * How the blocks of a tensor become four-bit codes.
   *
   * @param tensor the tensor's name
   * @return a fit for one thread
   */
  Int4Fit int4(String tensor);

  /**
   * The weights of a norm, which may make up for what quantising did to the matrices behind it.
   *
   * @param name the norm's name, for example {@code layers.0.attention_norm} or {@code norm}
   * @param original {@code [dim]}; not to be changed
   * @return {@code [dim]}; the original unless the method says otherwise
   */
  default float[] norm(String name, float[] original) {
    return original;
  }

  /**
   * The original program's quantisers.
   *
   * @return the fits of {@link PortTernaryFit} and {@link PortInt4Fit}
   */
  static Fits port() {
    return new Uniform(PortTernaryFit::new, PortInt4Fit::new);
  }

  /**
   * ggml's quantisers.
   *
   * @return the fits of {@link GgmlTernaryFit} and {@link GgmlInt4Fit}
   */
  static Fits ggml() {
    return new Uniform(GgmlTernaryFit::new, GgmlInt4Fit::new);
  }

  /**
   * The least squared error of each row or block by itself.
   *
   * @return the fits of {@link LeastSquaresTernaryFit} and {@link SearchInt4Fit}
   */
  static Fits leastSquares() {
    return new Uniform(LeastSquaresTernaryFit::new, SearchInt4Fit::new);
  }

  /**
   * The same for all tensors.
   *
   * @param ternary makes fits of rows
   * @param int4 makes fits of blocks
   */
  record Uniform(Supplier<TernaryFit> ternary, Supplier<Int4Fit> int4) implements Fits {

    @Override
    public TernaryFit ternary(String tensor) {
      return ternary.get();
    }

    @Override
    public Int4Fit int4(String tensor) {
      return int4.get();
    }
  }
}
