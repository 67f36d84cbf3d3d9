package io.tmac.quant;

/** Hears how far the writing of a model is. It is called by one thread at a time. */
@FunctionalInterface
public interface QuantProgress {

  /**
   * Some more weights are done. What this throws ends the run.
   *
   * @param tensor the tensor that they belong to, for example {@code "layers.0.wq"}
   * @param done elements so far; a format that reads the weights twice counts them twice
   * @param total elements in all
   */
  void update(String tensor, long done, long total);
}
