package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The other order of TM2 files, which converters of BitNet models write: layer after layer, with
 * the norms of BitNet, always with a classifier and without RoPE tables.
 *
 * <pre>
 *   "TM2\0"  7 x int32 header (the sign of vocab_size says nothing)
 *   tok_embeddings
 *   for each layer: attention_norm  wq wk wv wo  attention_sub_norm  ffn_norm  w1 w3 w2  ffn_sub_norm
 *   norm  output
 *
 *   before each tensor a byte: 1 = quantised matrix, and its int32 rows and cols; 0 = float32
 * </pre>
 *
 * <p>The models have a squared ReLU, a RoPE base of 500000 and interleaved pairs; their inputs are
 * not rounded.
 */
final class LayerMajorReader {
  private static final float ROPE_THETA = 500_000f;
  private static final int FRAME_BYTES = 1 + 2 * Integer.BYTES;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ModelConfig config;
  private final WeightFormat format;
  private final LlamaTensors tensors;

  private LayerMajorReader(ByteCursor in, ModelConfig config, WeightFormat format) {
    this.config = config;
    this.format = format;
    this.tensors = new LlamaTensors(in, config);
  }

  /**
   * Whether a file behind whose header {@code in} stands has this order. Several layers: their
   * first norm has the width of one layer. One layer: behind wo come two norms, not one.
   */
  static boolean matches(ByteCursor in, ModelConfig config) {
    MemorySegment file = in.file();
    long norm = 1 + 4L * config.dim();
    long at = in.position() + matrixBytes(config, Checkpoint.EMBEDDING) + norm;
    if (config.layers() > 1) {
      return hasByte(file, at, 1)
          && hasInt(file, at + 1, config.queryDim())
          && hasInt(file, at + 5, config.dim());
    }
    for (String name : new String[] {"wq", "wk", "wv", "wo"}) {
      at += matrixBytes(config, name);
    }
    return hasByte(file, at, 0) && hasByte(file, at + norm, 0);
  }

  private static long matrixBytes(ModelConfig config, String name) {
    Shape shape = Shape.of(config, name);
    // A float16 and two bits per weight: below 2^61 bytes for any shape.
    return FRAME_BYTES + shape.rows() * (2 + Math.ceilDiv(shape.cols(), 4L));
  }

  private static boolean hasByte(MemorySegment file, long at, int value) {
    return at < file.byteSize() && file.get(ValueLayout.JAVA_BYTE, at) == value;
  }

  private static boolean hasInt(MemorySegment file, long at, int value) {
    return at <= file.byteSize() - Integer.BYTES && file.get(INT, at) == value;
  }

  /** Reads a file whose header has been read. */
  static Checkpoint read(ByteCursor in, String container, ModelConfig header, WeightFormat format) {
    ModelConfig config =
        new ModelConfig(
                header.dim(),
                header.hiddenDim(),
                header.layers(),
                header.heads(),
                header.kvHeads(),
                header.headDim(),
                header.vocabSize(),
                header.contextLength(),
                ROPE_THETA,
                header.rmsNormEps())
            .withGate(Gate.SQUARED_RELU);
    return new LayerMajorReader(in, config, format).read(container);
  }

  private Checkpoint read(String container) {
    matrix(Checkpoint.EMBEDDING);
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      norm(prefix + "attention_norm");
      matrix(prefix + "wq");
      matrix(prefix + "wk");
      matrix(prefix + "wv");
      matrix(prefix + "wo");
      norm(prefix + "attention_sub_norm");
      norm(prefix + "ffn_norm");
      matrix(prefix + "w1");
      matrix(prefix + "w3");
      matrix(prefix + "w2");
      norm(prefix + "ffn_sub_norm");
    }
    norm(Checkpoint.FINAL_NORM);
    matrix(Checkpoint.OUTPUT);
    return tensors.finish(container, "bitnet", format);
  }

  private void norm(String name) {
    tensors.expectFlag(name, 0);
    tensors.norm(name);
  }

  private void matrix(String name) {
    tensors.expectFlag(name, 1);
    tensors.expectShape(name, 1);
    tensors.matrix(name, name, format);
  }
}
