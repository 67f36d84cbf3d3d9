package io.tmac.quant.encode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian float32, all layers as one flat array. */
record F32Encoder(TensorStack stack) implements StackEncoder {

  @Override
  public long bytes() {
    return Math.multiplyExact(stack.elements(), Float.BYTES);
  }

  @Override
  public int chunks() {
    return StackEncoder.chunks(stack.elements(), CHUNK);
  }

  @Override
  public void encode(int chunk, Sink out, ErrorMeter errors) throws IOException {
    long first = (long) chunk * CHUNK;
    int count = (int) Math.min(CHUNK, stack.elements() - first);
    float[] values = new float[count];
    stack.read(first, count, values);
    byte[] bytes = bytes(values);
    out.write(bytes, bytes.length, first * Float.BYTES);
    errors.add(first, values, values, count);
  }

  /** The bytes of floats. */
  static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
