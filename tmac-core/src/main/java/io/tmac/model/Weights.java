package io.tmac.model;

import io.tmac.Activations;
import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.Matrix;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Linear;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The weights of a model. Matrices are in the layout of their kernels, norms are arrays, and the
 * embedding is read row by row from the file.
 *
 * @param config the model's shape
 * @param embedding the token embedding {@code [vocabSize x dim]}
 * @param layers the transformer layers
 * @param finalNorm scale of the last norm {@code [dim]}
 * @param classifier {@code [vocabSize x dim]}
 */
public record Weights(
    ModelConfig config,
    Matrix embedding,
    List<Layer> layers,
    float[] finalNorm,
    Linear classifier) {

  /**
   * One transformer layer.
   *
   * @param attentionNorm scale of the norm before attention {@code [dim]}
   * @param wq queries {@code [heads * headDim x dim]}
   * @param wk keys {@code [kvHeads * headDim x dim]}
   * @param wv values {@code [kvHeads * headDim x dim]}
   * @param wo output of attention {@code [dim x heads * headDim]}
   * @param ffnNorm scale of the norm before the feed-forward layer {@code [dim]}
   * @param gate gate {@code [hiddenDim x dim]} (w1)
   * @param up {@code [hiddenDim x dim]} (w3)
   * @param down {@code [dim x hiddenDim]} (w2)
   */
  public record Layer(
      float[] attentionNorm,
      Linear wq,
      Linear wk,
      Linear wv,
      Linear wo,
      float[] ffnNorm,
      Linear gate,
      Linear up,
      Linear down) {}

  /**
   * Puts the tensors of a checkpoint into the layouts of a provider.
   *
   * @param source the checkpoint to copy from; its bytes are needed during this call only
   * @param kept the same checkpoint over bytes that live as long as the weights, for the embedding
   *     and for matrices that are read in place; it may be {@code source} itself
   * @param kernels the provider
   * @param activations how kernels may represent their inputs
   * @param arena owner of the copies
   * @param pool threads that share the work
   * @return the weights
   */
  public static Weights of(
      Checkpoint source,
      Checkpoint kept,
      KernelProvider kernels,
      Activations activations,
      Arena arena,
      WorkerPool pool) {
    ModelConfig config = source.config();
    Function<String, Linear> linear =
        name -> {
          Matrix matrix = source.tensor(name);
          boolean inPlace = kernels.readsFile(matrix, activations);
          Matrix from = inPlace ? kept.tensor(name) : matrix;
          return kernels.linear(from, activations, arena, pool);
        };
    List<Layer> layers = new ArrayList<>(config.layers());
    for (int l = 0; l < config.layers(); l++) {
      String prefix = "layers." + l + ".";
      layers.add(
          new Layer(
              vector(source, prefix + "attention_norm"),
              linear.apply(prefix + "wq"),
              linear.apply(prefix + "wk"),
              linear.apply(prefix + "wv"),
              linear.apply(prefix + "wo"),
              vector(source, prefix + "ffn_norm"),
              linear.apply(prefix + "w1"),
              linear.apply(prefix + "w3"),
              linear.apply(prefix + "w2")));
    }
    return new Weights(
        config,
        kept.tensor(Checkpoint.EMBEDDING),
        List.copyOf(layers),
        vector(source, Checkpoint.FINAL_NORM),
        linear.apply(source.classifierName()));
  }

  private static float[] vector(Checkpoint source, String name) {
    Matrix matrix = source.tensor(name);
    float[] values = new float[matrix.cols()];
    matrix.decodeRow(0, values);
    return values;
  }

  /** Returns the memory of all matrices beside the file, in bytes. */
  public long bytes() {
    long bytes = classifier.bytes();
    for (Layer l : layers) {
      for (Linear m : List.of(l.wq, l.wk, l.wv, l.wo, l.gate, l.up, l.down)) {
        bytes += m.bytes();
      }
    }
    return bytes;
  }
}
