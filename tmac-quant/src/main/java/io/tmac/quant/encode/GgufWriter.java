package io.tmac.quant.encode;

import io.tmac.checkpoint.gguf.GgufFile;
import io.tmac.checkpoint.gguf.GgufNames;
import io.tmac.checkpoint.gguf.GgufType;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import io.tmac.quant.gguf.GgufEntries;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes GGUF files, which {@link GgufFile} draws. It knows no method of quantising: formats are
 * what the plan says, codes and scales what the {@link Fits} say. Norms, biases and other vectors
 * are float32.
 *
 * @param model what is written
 * @param plan the formats of the matrices; it names one for each
 * @param fits codes, scales and norms
 * @param metadata the metadata
 * @param vectors further tensors of one row, by their names in the file
 */
public record GgufWriter(
    SourceModel model, Plan plan, Fits fits, GgufEntries metadata, Map<String, float[]> vectors) {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32; // the default, which need not be said

  /** A tensor of the file, and where its values come from: a matrix of the model, or an array. */
  private record Entry(String name, WeightFormat format, TensorStack matrix, float[] vector) {

    long bytes() {
      return matrix == null
          ? (long) vector.length * Float.BYTES
          : format.byteSize(matrix.rows(), matrix.cols());
    }
  }

  /**
   * Writes the file.
   *
   * @param channel takes the bytes, from position 0
   * @param workers the threads
   * @param progress hears of each chunk
   * @return what encoding did to the matrices, in file order
   * @throws io.tmac.ModelFormatException if a weight is NaN or infinite
   * @throws io.tmac.TmacException if a weight is too large for a format
   * @throws IOException if the bytes cannot be written, or the caller is interrupted
   */
  public List<EncodingError> write(FileChannel channel, Workers workers, Progress progress)
      throws IOException {
    TensorWriter out = new TensorWriter(channel, workers, progress);
    List<Entry> entries = entries();
    header(entries, out);
    for (Entry entry : entries) {
      pad(out);
      if (entry.matrix == null) {
        out.float32(entry.vector);
      } else {
        out.stack(entry.matrix, entry.format, fits);
      }
    }
    pad(out);
    return out.errors();
  }

  private List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    for (Matrix matrix : model.checkpoint().roles().values()) {
      String role = matrix.name();
      String name = GgufNames.of(role);
      if (SourceModel.isVector(role)) {
        float[] values = model.vector(role);
        entries.add(new Entry(name, new F32(), null, fits.norm(role, values)));
      } else {
        WeightFormat format = plan.format(role, matrix.cols()).orElseThrow();
        entries.add(new Entry(name, format, model.single(role), null));
      }
    }
    vectors.forEach((name, values) -> entries.add(new Entry(name, new F32(), null, values)));
    return entries;
  }

  private void header(List<Entry> entries, TensorWriter out) throws IOException {
    out.text(GgufFile.MAGIC);
    out.int32(VERSION);
    out.int64(entries.size());
    out.int64(metadata.count());
    out.bytes(metadata.bytes());
    long offset = 0;
    for (Entry entry : entries) {
      byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
      out.int64(name.length);
      out.bytes(name);
      if (entry.matrix == null) {
        out.int32(1);
        out.int64(entry.vector.length);
      } else {
        out.int32(2);
        out.int64(entry.matrix.cols());
        out.int64(entry.matrix.rows());
      }
      out.int32(GgufType.of(entry.format).orElseThrow().number());
      out.int64(offset);
      offset += Math.ceilDiv(entry.bytes(), ALIGNMENT) * ALIGNMENT;
    }
  }

  private static void pad(TensorWriter out) throws IOException {
    out.bytes(new byte[(int) (-out.position() & (ALIGNMENT - 1))]);
  }
}
