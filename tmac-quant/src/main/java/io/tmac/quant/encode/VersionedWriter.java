package io.tmac.quant.encode;

import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.F32;
import io.tmac.format.Int8;
import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * Writes llama2.c versions 1 (float32) and 2 (int8 groups), as its {@code export.py} does. {@code
 * io.tmac.checkpoint.VersionedReader} draws the file.
 *
 * @param model what is written
 * @param version 1 or 2
 */
public record VersionedWriter(SourceModel model, int version) {
  private static final int HEADER_BYTES = 256;
  private static final int LARGEST_GROUP = 64;

  /**
   * Writes the file.
   *
   * @param channel takes the bytes, from position 0
   * @param workers the threads
   * @param progress hears of each chunk
   * @return what encoding did to the matrices, in file order
   * @throws io.tmac.ModelFormatException if a weight is NaN or infinite
   * @throws IOException if the bytes cannot be written, or the caller is interrupted
   */
  public List<EncodingError> write(FileChannel channel, Workers workers, Progress progress)
      throws IOException {
    TensorWriter out = new TensorWriter(channel, workers, progress);
    header(out);
    Fits unchanged = Fits.port();
    Norms.write(model.stack("attention_norm"), unchanged, out);
    Norms.write(model.stack("ffn_norm"), unchanged, out);
    Norms.write(model.single(Checkpoint.FINAL_NORM), unchanged, out);
    matrices(model.single(Checkpoint.EMBEDDING), out);
    for (String kind : List.of("wq", "wk", "wv", "wo", "w1", "w2", "w3")) {
      matrices(model.stack(kind), out);
    }
    if (model.hasClassifier()) {
      matrices(model.classifier(), out);
    }
    return out.errors();
  }

  private void header(TensorWriter out) throws IOException {
    ModelConfig config = model.config();
    out.text("24ka");
    out.int32(
        version,
        config.dim(),
        config.hiddenDim(),
        config.layers(),
        config.heads(),
        config.kvHeads(),
        config.vocabSize(),
        config.contextLength());
    out.int8(model.hasClassifier() ? 0 : 1);
    if (version == 2) {
      out.int32(groupSize());
    }
    out.bytes(new byte[HEADER_BYTES - (int) out.position()]);
  }

  /** 64, halved until it divides dim. */
  private int groupSize() {
    int groupSize = LARGEST_GROUP;
    while (model.config().dim() % groupSize != 0) {
      groupSize /= 2;
    }
    return groupSize;
  }

  private void matrices(TensorStack stack, TensorWriter out) throws IOException {
    WeightFormat format =
        version == 1 ? new F32() : new Int8(Int8.Layout.CODES_THEN_SCALES, groupSize());
    out.stack(stack, format, Fits.port());
  }
}
