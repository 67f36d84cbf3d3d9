package io.tmac.quant.encode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Eight-bit codes in blocks of 32 that run over all layers as one flat array, as the original's
 * {@code quantize.py} writes them (Q8V1): the largest magnitude of a block becomes 127.
 *
 * <pre>
 *   block:  float16 scale | 32 x int8; the last block is padded with zeros
 * </pre>
 */
record Int8BlockEncoder(TensorStack stack) implements StackEncoder {
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = 2 + BLOCK;
  private static final float MAX_CODE = 127;

  @Override
  public long bytes() {
    return Math.ceilDiv(stack.elements(), BLOCK) * BLOCK_BYTES;
  }

  @Override
  public int chunks() {
    return StackEncoder.chunks(stack.elements(), CHUNK);
  }

  @Override
  public void encode(int chunk, Sink out, ErrorMeter errors) throws IOException {
    long first = (long) chunk * CHUNK;
    int count = (int) Math.min(CHUNK, stack.elements() - first);
    int blocks = Math.ceilDiv(count, BLOCK);
    float[] values = new float[blocks * BLOCK];
    float[] decoded = new float[values.length];
    byte[] codes = new byte[values.length];
    ByteBuffer bytes = ByteBuffer.allocate(blocks * BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    stack.read(first, count, values);
    for (int from = 0; from < values.length; from += BLOCK) {
      short stored = Float.floatToFloat16(Blocks.largestMagnitude(values, from, BLOCK) / MAX_CODE);
      float scale = Float.float16ToFloat(stored);
      Blocks.round(values, from, BLOCK, scale, -MAX_CODE, MAX_CODE, codes);
      bytes.putShort(stored).put(codes, from, BLOCK);
      for (int i = from; i < from + BLOCK; i++) {
        decoded[i] = codes[i] * scale;
      }
    }
    out.write(bytes.array(), bytes.position(), first / BLOCK * BLOCK_BYTES);
    errors.add(first, values, decoded, count);
  }
}
