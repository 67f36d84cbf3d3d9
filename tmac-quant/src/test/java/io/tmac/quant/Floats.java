package io.tmac.quant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The values of a tensor of a model file. */
final class Floats {

  private Floats() {}

  /** All values, row after row; {@code folder} takes a temporary file. */
  static float[] of(Path model, String tensor, Path folder) throws IOException {
    Path raw = folder.resolve(tensor + ".f32");
    Dequantizer.dequantize(model, tensor, raw);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(raw)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    Files.delete(raw);
    return values;
  }
}
