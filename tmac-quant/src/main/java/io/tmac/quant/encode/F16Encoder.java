package io.tmac.quant.encode;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian float16, all layers as one flat array. */
record F16Encoder(TensorStack stack) implements StackEncoder {

  @Override
  public long bytes() {
    return Math.multiplyExact(stack.elements(), Short.BYTES);
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
    float[] decoded = new float[count];
    ByteBuffer bytes = ByteBuffer.allocate(count * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    stack.read(first, count, values);
    for (int i = 0; i < count; i++) {
      short half = Float.floatToFloat16(values[i]);
      decoded[i] = Float.float16ToFloat(half);
      if (Float.isInfinite(decoded[i])) {
        throw new TmacException(
            stack.tensor(stack.layerOf(first + i)) + " has " + values[i] + ", too large for f16");
      }
      bytes.putShort(half);
    }
    out.write(bytes.array(), bytes.position(), first * Short.BYTES);
    errors.add(first, values, decoded, count);
  }
}
