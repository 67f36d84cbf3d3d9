package io.tmac.quant;

import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.format.Matrix;
import io.tmac.quant.encode.OutputFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * Unpacks tensors of model files to raw float32.
 *
 * <pre>
 *   rows * cols x float32, little-endian, row after row in stored order; no header
 * </pre>
 */
public final class Dequantizer {
  private static final int BUFFER_FLOATS = 1 << 14;

  private Dequantizer() {}

  /**
   * Writes the values of one tensor to a file. It needs memory for one row. The file appears when
   * it is complete; one that is there is replaced.
   *
   * @param model a model file, or a folder that holds exactly one
   * @param tensor the tensor's name, as {@link ModelInspector} tells it
   * @param out the file to write
   * @return what was written
   * @throws TmacException if the model has no such tensor
   * @throws io.tmac.ModelFormatException if the file is not a model or is damaged, or if the tensor
   *     holds bytes that its format does not define
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read
   * @throws IllegalArgumentException if {@code out} is a file of the model or its folder
   * @throws IOException if a file cannot be read or written
   */
  public static TensorInfo dequantize(Path model, String tensor, Path out) throws IOException {
    Path file = ModelFiles.resolve(model);
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint checkpoint = CheckpointReader.open(file, arena);
      ModelRewrite.requireOther(out, model, checkpoint);
      Matrix matrix = find(checkpoint, tensor);
      checkpoint.verify(matrix);
      try (OutputFile output = OutputFile.create(out)) {
        write(matrix, output.channel());
        output.commit();
      }
      return TensorInfo.of(matrix);
    }
  }

  private static Matrix find(Checkpoint checkpoint, String tensor) {
    Matrix matrix = checkpoint.tensors().get(tensor);
    if (matrix == null) {
      String why =
          tensor.equals(Checkpoint.OUTPUT)
              ? "; its classifier is " + checkpoint.classifierName()
              : "; inspect lists the names";
      throw new TmacException(checkpoint.source() + " has no tensor " + tensor + why);
    }
    return matrix;
  }

  private static void write(Matrix matrix, WritableByteChannel out) throws IOException {
    float[] row = new float[matrix.cols()];
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(BUFFER_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      for (int c = 0; c < row.length; ) {
        int count = Math.min(buffer.remaining() / Float.BYTES, row.length - c);
        buffer.asFloatBuffer().put(row, c, count);
        buffer.position(buffer.position() + count * Float.BYTES);
        c += count;
        if (!buffer.hasRemaining()) {
          drain(buffer, out);
        }
      }
    }
    drain(buffer, out);
  }

  private static void drain(ByteBuffer buffer, WritableByteChannel out) throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      out.write(buffer);
    }
    buffer.clear();
  }
}
