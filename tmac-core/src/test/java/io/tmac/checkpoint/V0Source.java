package io.tmac.checkpoint;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.LlamaShape.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A llama2.c v0 file read without the library: seven int32, then float32 tensors over all layers.
 *
 * @param tensors the values of each tensor, all layers of it
 */
record V0Source(LlamaShape shape, Map<String, float[]> tensors) {

  static V0Source read(Path path) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int[] header = new int[7];
    in.asIntBuffer().get(header);
    in.position(28);
    LlamaShape shape =
        new LlamaShape(
            header[0],
            header[1],
            header[2],
            header[3],
            header[4],
            Math.abs(header[5]),
            header[6],
            header[5] > 0);
    Map<String, float[]> tensors = new HashMap<>();
    for (Tensor tensor : shape.tensors()) {
      float[] values = new float[tensor.elements()];
      in.asFloatBuffer().get(values);
      in.position(in.position() + 4 * values.length);
      tensors.put(tensor.name(), values);
    }
    if (in.hasRemaining()) {
      throw new IOException(path + ": " + in.remaining() + " bytes too many");
    }
    return new V0Source(shape, tensors);
  }
}
