package io.tmac.quant.encode;

import java.io.IOException;

/**
 * Four-bit codes in blocks of 32 that run over all layers as one flat array:
 *
 * <pre>
 *   block:  float16 scale | 16 bytes: byte i holds element 2i in its low and 2i+1 in its high half
 *           nibble = code + 8; the last block is padded with zeros
 * </pre>
 */
record Int4Encoder(TensorStack stack, Fits fits) implements StackEncoder {
  private static final int BLOCK = Int4Fit.BLOCK;
  private static final int BLOCK_BYTES = 2 + BLOCK / 2;

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
    byte[] bytes = new byte[blocks * BLOCK_BYTES];
    stack.read(first, count, values);
    int layer = -1;
    Int4Fit fit = null;
    for (int block = 0; block < blocks; block++) {
      int from = block * BLOCK;
      long element = first + from;
      if (stack.layerOf(element) != layer) {
        layer = stack.layerOf(element);
        fit = fits.int4(stack.tensor(layer));
      }
      float scale = fit.fit(element - layer * stack.layerElements(), values, from, codes);
      short stored = Float.floatToFloat16(scale);
      pack(stored, codes, from, bytes, block * BLOCK_BYTES);
      decode(Float.float16ToFloat(stored), codes, from, decoded);
    }
    out.write(bytes, bytes.length, first / BLOCK * BLOCK_BYTES);
    errors.add(first, values, decoded, count);
  }

  private static void pack(short scale, byte[] codes, int from, byte[] out, int at) {
    out[at] = (byte) scale;
    out[at + 1] = (byte) (scale >> 8);
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = codes[from + 2 * i] + 8;
      int high = codes[from + 2 * i + 1] + 8;
      out[at + 2 + i] = (byte) (low | (high << 4));
    }
  }

  private static void decode(float scale, byte[] codes, int from, float[] out) {
    for (int i = from; i < from + BLOCK; i++) {
      out[i] = codes[i] * scale;
    }
  }
}
