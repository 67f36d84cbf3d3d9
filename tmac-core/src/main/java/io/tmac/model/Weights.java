package io.tmac.model;

import io.tmac.Activations;
import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.BlockCodes.Range;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Linear;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private static final float[] NONE = {};

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
   * @param extras the vectors that only some models have
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
      Linear down,
      Extras extras) {}

  /**
   * The vectors of a layer that only some models have; without elements where the model has none.
   *
   * @param qBias added to the queries {@code [heads * headDim]} (Qwen2)
   * @param kBias added to the keys {@code [kvHeads * headDim]}
   * @param vBias added to the values {@code [kvHeads * headDim]}
   * @param qNorm scale of the norm of each query head {@code [headDim]} (Qwen3)
   * @param kNorm scale of the norm of each key head {@code [headDim]}
   * @param attentionSubNorm scale of the norm between attention and wo {@code [heads * headDim]}
   *     (BitNet)
   * @param ffnSubNorm scale of the norm between gate and down {@code [hiddenDim]} (BitNet)
   */
  public record Extras(
      float[] qBias,
      float[] kBias,
      float[] vBias,
      float[] qNorm,
      float[] kNorm,
      float[] attentionSubNorm,
      float[] ffnSubNorm) {}

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
    return of(source, kept, kernels, activations, Optional.empty(), arena, pool);
  }

  /**
   * Puts the tensors of a checkpoint into the layouts of a provider, float matrices after rounding.
   *
   * @param source as in the other method
   * @param kept as in the other method
   * @param kernels the provider
   * @param activations how kernels may represent their inputs
   * @param quantization what float matrices of the layers become: Int4 or TernaryV2; see {@link
   *     LoadQuantizer}
   * @param arena owner of the copies
   * @param pool threads that share the work
   * @return the weights
   */
  public static Weights of(
      Checkpoint source,
      Checkpoint kept,
      KernelProvider kernels,
      Activations activations,
      Optional<WeightFormat> quantization,
      Arena arena,
      WorkerPool pool) {
    ModelConfig config = source.config();
    Optional<LoadQuantizer> quantizer = quantization.map(LoadQuantizer::new);
    Function<String, Linear> linear =
        name -> {
          Matrix matrix = source.tensor(name);
          if (quantizer.isPresent() && LoadQuantizer.takes(matrix)) {
            boolean classifier = name.equals(source.classifierName());
            return rounded(matrix, quantizer.get(), classifier, kernels, activations, arena, pool);
          }
          Activations inputs = inputs(config, matrix, activations);
          boolean inPlace = kernels.readsFile(matrix, inputs);
          Matrix from = inPlace ? kept.tensor(name) : matrix;
          return kernels.linear(from, inputs, arena, pool);
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
              linear.apply(prefix + "w2"),
              extras(source, prefix)));
    }
    return new Weights(
        config,
        kept.tensor(Checkpoint.EMBEDDING),
        List.copyOf(layers),
        vector(source, Checkpoint.FINAL_NORM),
        linear.apply(source.classifierName()));
  }

  /** Rounds one matrix; unless its kernel reads it as it is then, it is in memory for a moment. */
  private static Linear rounded(
      Matrix matrix,
      LoadQuantizer quantizer,
      boolean classifier,
      KernelProvider kernels,
      Activations activations,
      Arena arena,
      WorkerPool pool) {
    try (Arena moment = Arena.ofShared()) {
      Matrix rounded = quantizer.quantize(matrix, classifier, moment, pool);
      if (kernels.readsFile(rounded, activations)) {
        MemorySegment data = arena.allocate(rounded.data().byteSize(), 64);
        data.copyFrom(rounded.data());
        rounded =
            new Matrix(matrix.name(), matrix.rows(), matrix.cols(), rounded.format(), data, 0);
      }
      return kernels.linear(rounded, activations, arena, pool);
    }
  }

  /** How the kernel of a matrix may represent its inputs; some models say so themselves. */
  private static Activations inputs(ModelConfig config, Matrix matrix, Activations wanted) {
    boolean ternary =
        matrix.format().codes(matrix.cols()).filter(c -> c.range() == Range.TERNARY).isPresent();
    return config.int8Inputs() && ternary ? Activations.INT8 : wanted;
  }

  private static Extras extras(Checkpoint source, String prefix) {
    return new Extras(
        optional(source, prefix + "wq_bias"),
        optional(source, prefix + "wk_bias"),
        optional(source, prefix + "wv_bias"),
        optional(source, prefix + "q_norm"),
        optional(source, prefix + "k_norm"),
        optional(source, prefix + "attention_sub_norm"),
        optional(source, prefix + "ffn_sub_norm"));
  }

  private static float[] optional(Checkpoint source, String role) {
    return source.find(role).map(Weights::values).orElse(NONE);
  }

  private static float[] vector(Checkpoint source, String role) {
    return values(source.tensor(role));
  }

  private static float[] values(Matrix matrix) {
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
