package io.tmac.quant;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.format.Matrix;
import io.tmac.kernel.Cores;
import io.tmac.kernel.WorkerPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures how far the tensors of a model are from those of a reference. The files may have any
 * formats that can be read.
 *
 * <p>Rows are decoded from the mapped files, two per thread at a time. The sums of {@value
 * #BLOCK_ROWS} rows are added up in their order, so that the numbers do not depend on the threads.
 */
public final class TensorErrors {
  private static final int BLOCK_ROWS = 64;

  private TensorErrors() {}

  /**
   * Compares all tensors of two files on as many threads as there are physical cores.
   *
   * @param reference a model file, or a folder that holds exactly one
   * @param model another of the same shape
   * @return one error per tensor, norms included, in the order of the reference's file; an {@code
   *     output} that only the model has stands at the end
   * @throws TmacException if the models have different shapes
   * @throws ModelFormatException if a file is not a model or is damaged
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read
   * @throws IOException if a file cannot be read
   */
  public static List<TensorError> measure(Path reference, Path model) throws IOException {
    return measure(reference, model, Cores.usable());
  }

  /**
   * Compares all tensors of two files.
   *
   * @param reference a model file, or a folder that holds exactly one
   * @param model another of the same shape
   * @param threads compute threads, the caller included, at least 1
   * @return one error per tensor, norms included, in the order of the reference's file; an {@code
   *     output} that only the model has stands at the end
   * @throws TmacException if the models have different shapes
   * @throws ModelFormatException if a file is not a model or is damaged
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read
   * @throws IllegalArgumentException if {@code threads} is below 1
   * @throws IOException if a file cannot be read
   */
  public static List<TensorError> measure(Path reference, Path model, int threads)
      throws IOException {
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(threads)) {
      Checkpoint from = read(reference, arena);
      Checkpoint to = read(model, arena);
      requireSameShape(from, to);
      List<TensorError> errors = new ArrayList<>();
      for (Pair pair : pairs(from, to)) {
        from.verify(pair.reference);
        to.verify(pair.model);
        errors.add(pair.error(pool));
      }
      return List.copyOf(errors);
    }
  }

  private static Checkpoint read(Path path, Arena arena) throws IOException {
    Path file = ModelFiles.resolve(path);
    return CheckpointReader.open(file, arena);
  }

  private static void requireSameShape(Checkpoint reference, Checkpoint model) {
    Map<String, Integer> expected = shape(reference.config());
    Map<String, Integer> found = shape(model.config());
    if (reference.config().ropePairs() != model.config().ropePairs()) {
      throw new TmacException(
          model.source()
              + " has the rows of queries and keys in another order than "
              + reference.source()
              + "; only models of one kind of file can be compared");
    }
    expected.forEach((field, value) -> {
      if (!value.equals(found.get(field))) {
        throw new TmacException(
            model.source()
                + " has another shape than "
                + reference.source()
                + ": "
                + field
                + " is "
                + found.get(field)
                + ", not "
                + value
                + "; only models of one shape can be compared");
      }
    });
  }

  private static Map<String, Integer> shape(ModelConfig config) {
    Map<String, Integer> shape = new LinkedHashMap<>();
    shape.put("vocabSize", config.vocabSize());
    shape.put("dim", config.dim());
    shape.put("hiddenDim", config.hiddenDim());
    shape.put("layers", config.layers());
    shape.put("heads", config.heads());
    shape.put("kvHeads", config.kvHeads());
    shape.put("headDim", config.headDim());
    return shape;
  }

  private static List<Pair> pairs(Checkpoint reference, Checkpoint model) {
    List<Pair> pairs = new ArrayList<>();
    // Containers have names of their own; what a tensor is for is called alike in all of them.
    reference
        .roles()
        .forEach((role, tensor) -> pairs.add(new Pair(role, tensor, counterpart(role, model))));
    model
        .roles()
        .forEach((role, tensor) -> {
          if (reference.find(role).isEmpty()) {
            pairs.add(new Pair(role, counterpart(role, reference), tensor));
          }
        });
    return pairs;
  }

  /** The tensor of this role; the embedding is the classifier of a model without another one. */
  private static Matrix counterpart(String role, Checkpoint checkpoint) {
    boolean classifier = role.equals(Checkpoint.OUTPUT);
    return checkpoint
        .find(classifier ? checkpoint.classifierName() : role)
        .orElseThrow(() -> new TmacException(checkpoint.source() + " has no tensor " + role));
  }

  /** Two tensors of one shape. */
  private record Pair(String name, Matrix reference, Matrix model) {

    TensorError error(WorkerPool pool) {
      int rows = reference.rows();
      int cols = reference.cols();
      Sums[] blocks = new Sums[Math.ceilDiv(rows, BLOCK_ROWS)];
      float[][] referenceRows = new float[pool.threads()][cols];
      float[][] modelRows = new float[pool.threads()][cols];
      pool.run(
          blocks.length,
          (from, to, worker) -> {
            for (int b = from; b < to; b++) {
              int end = Math.min(rows, (b + 1) * BLOCK_ROWS);
              blocks[b] = sums(b * BLOCK_ROWS, end, referenceRows[worker], modelRows[worker]);
            }
          });
      Sums all = new Sums();
      for (Sums block : blocks) {
        all.add(block);
      }
      return all.error(name, info(reference), info(model));
    }

    private TensorInfo info(Matrix matrix) {
      // The classifier may be an embedding, which is called so.
      boolean embedding = name.equals(Checkpoint.OUTPUT);
      TensorInfo stored = TensorInfo.of(matrix);
      return embedding ? stored : stored.named(name);
    }

    private Sums sums(int from, int to, float[] referenceRow, float[] modelRow) {
      Sums sums = new Sums();
      for (int row = from; row < to; row++) {
        reference.decodeRow(row, referenceRow);
        model.decodeRow(row, modelRow);
        sums.add(referenceRow, modelRow);
      }
      return sums;
    }
  }

  /** What the measures are computed from. */
  private static final class Sums {
    private double squaredError;
    private double squaredReference;
    private double squaredModel;
    private double product;
    private double maxError;

    void add(float[] reference, float[] model) {
      for (int i = 0; i < reference.length; i++) {
        double r = reference[i];
        double w = model[i];
        double error = w - r;
        squaredError += error * error;
        squaredReference += r * r;
        squaredModel += w * w;
        product += r * w;
        maxError = Math.max(maxError, Math.abs(error));
      }
    }

    void add(Sums other) {
      squaredError += other.squaredError;
      squaredReference += other.squaredReference;
      squaredModel += other.squaredModel;
      product += other.product;
      maxError = Math.max(maxError, other.maxError);
    }

    TensorError error(String name, TensorInfo reference, TensorInfo model) {
      boolean equal = squaredError == 0;
      double ratio = squaredReference / squaredError;
      return new TensorError(
          name,
          reference,
          model,
          squaredError / reference.elements(),
          equal ? 0 : Math.sqrt(squaredError / squaredReference),
          equal ? Double.POSITIVE_INFINITY : 10 * Math.log10(ratio),
          cosine(),
          maxError);
    }

    private double cosine() {
      if (squaredReference == 0 && squaredModel == 0) {
        return 1;
      }
      double cosine = product / Math.sqrt(squaredReference * squaredModel);
      return Math.clamp(cosine, -1, 1); // Rounding may lead beyond; NaN stays.
    }
  }
}
