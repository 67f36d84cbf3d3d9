package io.tmac.quant.train;

import io.tmac.ModelConfig;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Int4Fit;
import io.tmac.quant.encode.SourceModel;
import io.tmac.quant.encode.TensorMajorFormat;
import io.tmac.quant.encode.TensorMajorWriter;
import io.tmac.quant.encode.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * The weights of a model in an array, and the way there and back.
 *
 * @param layout where they are
 * @param weights {@code [layout.size]}
 */
record TrainedModel(Layout layout, float[] weights) {
  private static final float ROPE_THETA = 10_000;
  private static final double EPS = 1e-5;

  /**
   * A new model. Matrices are normally distributed with 0.02, those that write to the residual
   * stream divided by {@code sqrt(2 * layers)}, as GPT-2 and llama2.c begin.
   */
  static TrainedModel random(ModelConfig config, long seed) {
    Layout layout = Layout.of(config, true);
    float[] weights = new float[layout.size()];
    double residual = 0.02 / Math.sqrt(2.0 * config.layers());
    for (Layout.Tensor tensor : layout.tensors()) {
      SplittableRandom random = new SplittableRandom(seed ^ tensor.role().hashCode());
      boolean last = tensor.role().endsWith("wo") || tensor.role().endsWith("w2");
      double deviation = last ? residual : 0.02;
      for (int i = tensor.at(); i < tensor.end(); i++) {
        weights[i] = tensor.isMatrix() ? (float) (random.nextGaussian() * deviation) : 1;
      }
    }
    return new TrainedModel(layout, weights);
  }

  /**
   * Reads a model.
   *
   * @throws UnsupportedModelException if it is not a llama as llama2.c knows it
   * @throws IOException if it cannot be read
   */
  static TrainedModel read(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint checkpoint = CheckpointReader.open(ModelFiles.resolve(path), arena);
      boolean tied = checkpoint.find(Checkpoint.OUTPUT).isEmpty();
      Layout layout = Layout.of(checkpoint.config(), tied);
      Set<String> roles = new HashSet<>(checkpoint.roles().keySet());
      layout.tensors().forEach(tensor -> roles.remove(tensor.role()));
      if (!roles.isEmpty() || !isPlain(checkpoint.config())) {
        throw new UnsupportedModelException(
            checkpoint.source(),
            0,
            "a llama2.c model (neighbouring RoPE pairs, theta 10000, eps 1e-5, headDim = dim /"
                + " heads, SiLU, no biases or further norms) to train",
            checkpoint.config() + (roles.isEmpty() ? "" : ", with tensors " + roles));
      }
      SourceModel.of(checkpoint).requireFinite();
      float[] weights = new float[layout.size()];
      for (Layout.Tensor tensor : layout.tensors()) {
        read(checkpoint.tensor(tensor.role()), tensor, weights);
      }
      return new TrainedModel(layout, weights);
    }
  }

  /** Whether a file of llama2.c holds the model: it says nothing of theta, eps and headDim. */
  static boolean isPlain(ModelConfig config) {
    boolean implied =
        config.ropeTheta() == ROPE_THETA
            && (float) config.rmsNormEps() == (float) EPS
            && config.headDim() * config.heads() == config.dim();
    return implied
        && config.equals(
            new ModelConfig(
                config.dim(),
                config.hiddenDim(),
                config.layers(),
                config.heads(),
                config.kvHeads(),
                config.headDim(),
                config.vocabSize(),
                config.contextLength(),
                config.ropeTheta(),
                config.rmsNormEps()));
  }

  private static void read(Matrix matrix, Layout.Tensor tensor, float[] weights) {
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      System.arraycopy(row, 0, weights, tensor.at() + r * row.length, row.length);
    }
  }

  /** Tells models apart: CRC-32C of the weights. */
  long checksum() {
    CRC32C crc = new CRC32C();
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
    for (int at = 0; at < weights.length; ) {
      int count = Math.min(bytes.capacity() / Float.BYTES, weights.length - at);
      bytes.clear().asFloatBuffer().put(weights, at, count);
      crc.update(bytes.limit(count * Float.BYTES));
      at += count;
    }
    return crc.getValue();
  }

  /** Rounds the matrices, as the file will have them. */
  void roundTo(float[] rounded, Workers workers) throws IOException {
    List<Layout.Tensor> tensors = layout.tensors();
    workers.run(
        tensors.size(),
        i -> {
          Layout.Tensor tensor = tensors.get(i);
          if (tensor.isMatrix()) {
            TernaryRows.round(weights, tensor.at(), tensor.rows(), tensor.cols(), rounded);
          } else {
            System.arraycopy(weights, tensor.at(), rounded, tensor.at(), tensor.cols());
          }
        });
  }

  /** Writes the file of a kind: llama2.c v0, or TernaryV2. */
  void write(FileChannel channel, WeightKind kind) throws IOException {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(1)) {
      Fits trained = new Fits.Uniform(TernaryRows::new, TrainedModel::none);
      TensorMajorFormat format =
          kind == WeightKind.F32 ? TensorMajorFormat.V0 : TensorMajorFormat.TM2;
      new TensorMajorWriter(source(arena), format, trained, !layout.tied())
          .write(channel, workers, (tensor, elements) -> {});
    }
  }

  private static Int4Fit none() {
    throw new UnsupportedOperationException("models are not trained in four bits");
  }

  private SourceModel source(Arena arena) {
    MemorySegment data = arena.allocate((long) weights.length * Float.BYTES, Float.BYTES);
    MemorySegment.copy(weights, 0, data, ValueLayout.JAVA_FLOAT, 0, weights.length);
    Map<String, Matrix> roles = new LinkedHashMap<>();
    for (Layout.Tensor tensor : layout.tensors()) {
      long at = (long) tensor.at() * Float.BYTES;
      long bytes = (long) tensor.rows() * tensor.cols() * Float.BYTES;
      roles.put(
          tensor.role(),
          new Matrix(
              tensor.role(), tensor.rows(), tensor.cols(), new F32(), data.asSlice(at, bytes), 0));
    }
    return new SourceModel(
        new Checkpoint(
            "the trained model",
            "trained",
            "llama",
            new F32(),
            layout.config(),
            roles,
            roles,
            Map.of(),
            Optional.empty(),
            List.of()));
  }
}
