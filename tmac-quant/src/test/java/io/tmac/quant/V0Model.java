package io.tmac.quant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A llama2.c v0 model in memory, without the library.
 *
 * @param dim width; the number of heads is 2 and one of them is for keys and values
 * @param vocabSize number of tokens
 * @param shared whether the embedding is the classifier
 * @param tensors all tensors in file order, each over all layers
 */
record V0Model(
    int dim,
    int hiddenDim,
    int layers,
    int vocabSize,
    int contextLength,
    boolean shared,
    List<Tensor> tensors) {

  /** One tensor over all layers; matrices are quantised, norms and tables are not. */
  record Tensor(String name, boolean matrix, int rows, int cols, float[] values) {}

  /** A model of normally distributed weights. {@code dim} is a multiple of 4. */
  static V0Model random(
      int dim, int hiddenDim, int layers, int vocabSize, boolean shared, Random random) {
    int contextLength = 3;
    List<Tensor> tensors = new ArrayList<>();
    V0Model model = new V0Model(dim, hiddenDim, layers, vocabSize, contextLength, shared, tensors);
    model.add("tok_embeddings", true, vocabSize, dim, random);
    model.add("attention_norm", false, layers, dim, random);
    model.add("wq", true, layers * dim, dim, random);
    model.add("wk", true, layers * dim / 2, dim, random);
    model.add("wv", true, layers * dim / 2, dim, random);
    model.add("wo", true, layers * dim, dim, random);
    model.add("ffn_norm", false, layers, dim, random);
    model.add("w1", true, layers * hiddenDim, dim, random);
    model.add("w2", true, layers * dim, hiddenDim, random);
    model.add("w3", true, layers * hiddenDim, dim, random);
    model.add("norm", false, 1, dim, random);
    model.add("rope_cosines", false, contextLength, dim / 4, random);
    model.add("rope_sines", false, contextLength, dim / 4, random);
    if (!shared) {
      model.add("output", true, vocabSize, dim, random);
    }
    return model;
  }

  private void add(String name, boolean matrix, int rows, int cols, Random random) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * 0.1f;
    }
    tensors.add(new Tensor(name, matrix, rows, cols, values));
  }

  /** The values of a tensor, to be looked at or changed. */
  float[] values(String name) {
    return tensors.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow().values();
  }

  /** The seven int32 that all containers have. */
  int[] header() {
    return new int[] {dim, hiddenDim, layers, 2, 1, shared ? vocabSize : -vocabSize, contextLength};
  }

  /** Writes the file. */
  Path write(Path file) throws IOException {
    int floats = tensors.stream().mapToInt(tensor -> tensor.values().length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(28 + 4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    for (int field : header()) {
      bytes.putInt(field);
    }
    for (Tensor tensor : tensors) {
      for (float value : tensor.values()) {
        bytes.putFloat(value);
      }
    }
    return Files.write(file, bytes.array());
  }
}
