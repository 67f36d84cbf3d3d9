package io.tmac.quant.encode;

import io.tmac.ModelConfig;
import io.tmac.TmacException;
import io.tmac.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * Writes the containers that {@code io.tmac.checkpoint.TensorMajorReader} reads and draws. It knows
 * no method of quantising: codes, scales and norms are what the {@link Fits} say.
 *
 * @param model what is written
 * @param format the container and its weight format
 * @param fits codes, scales and norms; not asked for by formats without a choice
 * @param separateClassifier whether the file gets a classifier of its own; if the model has none,
 *     it is made of the embedding, under the name {@code output}
 */
public record TensorMajorWriter(
    SourceModel model, TensorMajorFormat format, Fits fits, boolean separateClassifier) {
  private static final int BLOCK_SIZE = 32;

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
    matrices(out, model.single(Checkpoint.EMBEDDING));
    norms(out, "attention_norm");
    matrices(out, model.stack("wq"));
    matrices(out, model.stack("wk"));
    matrices(out, model.stack("wv"));
    matrices(out, model.stack("wo"));
    norms(out, "ffn_norm");
    matrices(out, model.stack("w1"));
    matrices(out, model.stack("w2"));
    matrices(out, model.stack("w3"));
    flag(out, 0);
    Norms.write(model.single(Checkpoint.FINAL_NORM), fits, out);
    ropeTable(out, Checkpoint.ROPE_COSINES);
    ropeTable(out, Checkpoint.ROPE_SINES);
    if (separateClassifier) {
      matrices(out, model.classifier());
    }
    return out.errors();
  }

  private void header(TensorWriter out) throws IOException {
    ModelConfig config = model.config();
    out.text(format.magic());
    out.int32(
        config.dim(),
        config.hiddenDim(),
        config.layers(),
        config.heads(),
        config.kvHeads(),
        separateClassifier ? -config.vocabSize() : config.vocabSize(),
        config.contextLength());
    if (format.blockSize()) {
      out.int32(BLOCK_SIZE);
    }
  }

  private void norms(TensorWriter out, String kind) throws IOException {
    flag(out, 0);
    Norms.write(model.stack(kind), fits, out);
  }

  private void ropeTable(TensorWriter out, String name) throws IOException {
    flag(out, 0);
    SourceModel.RowSource table = model.ropeTable(name);
    float[] row = new float[model.config().headDim() / 2];
    for (int position = 0; position < model.config().contextLength(); position++) {
      table.read(position, row);
      out.float32(row);
    }
  }

  private void matrices(TensorWriter out, TensorStack stack) throws IOException {
    flag(out, 1);
    if (format.shapes()) {
      if (stack.allRows() > Integer.MAX_VALUE) {
        throw new TmacException(
            stack.name() + " has " + stack.allRows() + " rows, more than " + format + " can say");
      }
      out.int32((int) stack.allRows(), stack.cols());
    }
    out.stack(stack, format.weights(), fits);
  }

  private void flag(TensorWriter out, int flag) throws IOException {
    if (format.flags()) {
      out.int8(flag);
    }
  }
}
