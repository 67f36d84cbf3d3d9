package io.tmac.testing;

import io.tmac.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The seven numbers of a llama2.c header and the tensors that follow from them.
 *
 * @param sharedClassifier whether the embedding is also the classifier
 */
public record LlamaShape(
    int dim,
    int hiddenDim,
    int layers,
    int heads,
    int kvHeads,
    int vocabSize,
    int contextLength,
    boolean sharedClassifier) {

  /** Every block, group and byte boundary falls on a row: dim 64, hidden 96. */
  public static final LlamaShape EVEN = new LlamaShape(64, 96, 2, 4, 4, 40, 16, true);

  /** No boundary falls on a row: dim 30, hidden 45; one key head; a classifier of its own. */
  public static final LlamaShape ODD = new LlamaShape(30, 45, 2, 3, 1, 33, 9, false);

  /** Grouped queries, and a hidden width that is no multiple of 32: dim 32, hidden 44. */
  public static final LlamaShape GROUPED = new LlamaShape(32, 44, 3, 4, 2, 35, 12, true);

  /** About as small as a model can be: dim 4, hidden 5. */
  public static final LlamaShape SMALLEST = new LlamaShape(4, 5, 2, 2, 1, 6, 3, false);

  /** What a tensor is for. */
  public enum Kind {
    MATRIX,
    NORM,
    ROPE_TABLE
  }

  /**
   * A tensor as files store it.
   *
   * @param perLayer whether there is one for each layer
   * @param layers matrices or vectors in it
   * @param rows rows of one layer
   */
  public record Tensor(String name, Kind kind, boolean perLayer, int layers, int rows, int cols) {

    /** Number of values over all layers. */
    public int elements() {
      return layers * rows * cols;
    }

    /** The names of its matrices in a checkpoint, layer by layer. */
    public List<String> names() {
      return perLayer
          ? IntStream.range(0, layers).mapToObj(l -> "layers." + l + "." + name).toList()
          : List.of(name);
    }
  }

  /** Width of a head. */
  public int headDim() {
    return dim / heads;
  }

  /** All tensors in the order of llama2.c v0, RoPE tables included. */
  public List<Tensor> tensors() {
    int kvDim = kvHeads * headDim();
    List<Tensor> list = new ArrayList<>();
    list.add(new Tensor("tok_embeddings", Kind.MATRIX, false, 1, vocabSize, dim));
    list.add(layered("attention_norm", Kind.NORM, 1, dim));
    list.add(layered("wq", Kind.MATRIX, dim, dim));
    list.add(layered("wk", Kind.MATRIX, kvDim, dim));
    list.add(layered("wv", Kind.MATRIX, kvDim, dim));
    list.add(layered("wo", Kind.MATRIX, dim, dim));
    list.add(layered("ffn_norm", Kind.NORM, 1, dim));
    list.add(layered("w1", Kind.MATRIX, hiddenDim, dim));
    list.add(layered("w2", Kind.MATRIX, dim, hiddenDim));
    list.add(layered("w3", Kind.MATRIX, hiddenDim, dim));
    list.add(new Tensor("norm", Kind.NORM, false, 1, 1, dim));
    list.add(new Tensor("rope_cosines", Kind.ROPE_TABLE, false, 1, contextLength, headDim() / 2));
    list.add(new Tensor("rope_sines", Kind.ROPE_TABLE, false, 1, contextLength, headDim() / 2));
    if (!sharedClassifier) {
      list.add(new Tensor("output", Kind.MATRIX, false, 1, vocabSize, dim));
    }
    return list;
  }

  /** A tensor by its name. */
  public Tensor tensor(String name) {
    return tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  /** What a reader makes of this header. */
  public ModelConfig config() {
    return new ModelConfig(
        dim, hiddenDim, layers, heads, kvHeads, headDim(), vocabSize, contextLength, 10000f, 1e-5f);
  }

  private Tensor layered(String name, Kind kind, int rows, int cols) {
    return new Tensor(name, kind, true, layers, rows, cols);
  }
}
