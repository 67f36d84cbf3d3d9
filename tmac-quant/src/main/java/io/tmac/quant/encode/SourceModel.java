package io.tmac.quant.encode;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that is to be written anew: its matrices as stacks, its norms and RoPE tables as floats.
 * The matrices of its roles have their names, whatever the file calls them.
 *
 * @param checkpoint the model, each matrix under the name of its role
 */
public record SourceModel(Checkpoint checkpoint) {

  /**
   * Makes it of a model as it was read.
   *
   * @param checkpoint the model
   * @return the same model
   */
  public static SourceModel of(Checkpoint checkpoint) {
    Map<String, Matrix> roles = new LinkedHashMap<>();
    checkpoint.roles().forEach((role, matrix) -> roles.put(role, named(matrix, role)));
    return new SourceModel(withRoles(checkpoint, checkpoint.config(), roles));
  }

  /** The same model of other tensors. */
  static Checkpoint withRoles(
      Checkpoint checkpoint, ModelConfig config, Map<String, Matrix> roles) {
    return new Checkpoint(
        checkpoint.source(),
        checkpoint.container(),
        checkpoint.architecture(),
        checkpoint.format(),
        config,
        checkpoint.tensors(),
        roles,
        checkpoint.ropeTables(),
        checkpoint.tokenizer(),
        checkpoint.files());
  }

  private static Matrix named(Matrix matrix, String name) {
    return new Matrix(
        name, matrix.rows(), matrix.cols(), matrix.format(), matrix.data(), matrix.firstRow());
  }

  /** Whether a tensor is a norm or a bias, which stay floats. */
  static boolean isVector(String role) {
    return role.endsWith(Checkpoint.FINAL_NORM) || role.endsWith("_bias");
  }

  /** The values of a norm or bias. */
  float[] vector(String role) {
    TensorStack stack = single(role);
    float[] values = new float[stack.cols()];
    stack.read(0, values.length, values);
    return values;
  }

  /** Returns the model's shape. */
  public ModelConfig config() {
    return checkpoint.config();
  }

  /** Whether the file has a classifier besides the embedding. */
  public boolean hasClassifier() {
    return checkpoint.find(Checkpoint.OUTPUT).isPresent();
  }

  /**
   * Returns the number of weights of all matrices.
   *
   * @param separateClassifier whether the embedding counts twice where it is the classifier
   */
  public long elements(boolean separateClassifier) {
    long stored =
        checkpoint.roles().values().stream()
            .filter(tensor -> !isVector(tensor.name()))
            .mapToLong(tensor -> (long) tensor.rows() * tensor.cols())
            .sum();
    boolean twice = separateClassifier && !hasClassifier();
    return twice ? stored + (long) config().vocabSize() * config().dim() : stored;
  }

  /** A matrix that stands alone. */
  TensorStack single(String name) {
    return new TensorStack(name, List.of(checkpoint.tensor(name)), this);
  }

  /**
   * Reads all weights once.
   *
   * @throws ModelFormatException naming the first that is NaN or infinite
   */
  public void requireFinite() {
    float[] values = new float[1 << 14];
    for (Matrix matrix : checkpoint.roles().values()) {
      TensorStack stack = new TensorStack(matrix.name(), List.of(matrix), this);
      for (long from = 0; from < stack.elements(); from += values.length) {
        stack.read(from, (int) Math.min(values.length, stack.elements() - from), values);
      }
    }
  }

  /** The stack that a tensor is part of. */
  public TensorStack stackOf(String tensor) {
    int kind = tensor.lastIndexOf('.');
    return kind < 0 ? single(tensor) : stack(tensor.substring(kind + 1));
  }

  /** The classifier, under its own name even where it is the embedding. */
  TensorStack classifier() {
    Matrix matrix = checkpoint.tensor(checkpoint.classifierName());
    Matrix named = named(matrix, Checkpoint.OUTPUT);
    return new TensorStack(Checkpoint.OUTPUT, List.of(named), this);
  }

  /** The matrices or norms of this kind of all layers. */
  TensorStack stack(String kind) {
    List<Matrix> layers = new ArrayList<>();
    for (int layer = 0; layer < config().layers(); layer++) {
      layers.add(checkpoint.tensor("layers." + layer + "." + kind));
    }
    return new TensorStack(kind, layers, this);
  }

  /** A RoPE table {@code [contextLength x headDim / 2]}: the file's own, or else a computed one. */
  RowSource ropeTable(String name) {
    Matrix table = checkpoint.ropeTables().get(name);
    if (table == null) {
      return new ComputedRope(config(), name.equals(Checkpoint.ROPE_COSINES))::row;
    }
    TensorStack rows = new TensorStack(name, List.of(table), this);
    return (row, out) -> rows.read((long) row * table.cols(), table.cols(), out);
  }

  /** Rows of floats. */
  @FunctionalInterface
  interface RowSource {
    void read(int row, float[] out);
  }

  /** The fault that an element is no number. */
  ModelFormatException notFinite(Matrix matrix, int row, int col, float value) {
    long offset = 0;
    if (matrix.format() instanceof F32) {
      offset = (matrix.tensorRow(row) * matrix.cols() + col) * Float.BYTES;
    }
    return checkpoint.fault(
        matrix,
        offset,
        "finite numbers in tensor " + matrix.name(),
        value + " in row " + row + ", column " + col + "; the model is damaged, export it anew");
  }
}
