package io.tmac.quant.encode;

import io.tmac.TmacException;
import io.tmac.format.GgufFormat;
import java.io.IOException;
import java.util.Arrays;

/**
 * GGUF's blocks, which are parts of rows:
 *
 * <pre>
 *   Q4_0   32 weights:   float16 scale | 16 bytes: byte i holds element i in its low and i + 16 in
 *                        its high half, as code + 8
 *   Q8_0   32 weights:   float16 scale | 32 x int8
 *   TQ2_0  256 weights:  64 bytes: byte 32 h + i holds elements 128 h + 32 k + i in bits 2k and
 *                        2k + 1, as code + 1 | float16 scale
 * </pre>
 *
 * @param stack the tensors
 * @param format one of these three
 * @param fits codes and scales of Q4_0 and TQ2_0
 */
record GgufBlockEncoder(TensorStack stack, GgufFormat format, Fits fits) implements StackEncoder {

  /** Encodes the blocks of one tensor. For one thread. */
  private interface Packer {
    /**
     * Encodes a block.
     *
     * @param element index of its first element in the tensor
     * @param values holds its values
     * @param from index of the first of them
     * @param out receives the bytes
     * @param at index of the first of them
     * @return the scale as it is stored
     */
    float pack(long element, float[] values, int from, byte[] out, int at, byte[] codes);
  }

  private int blockBytes() {
    return (int) format.byteSize(1, format.blockElements());
  }

  @Override
  public long bytes() {
    return format.byteSize(stack.allRows(), stack.cols());
  }

  @Override
  public int chunks() {
    return StackEncoder.chunks(stack.elements(), CHUNK);
  }

  @Override
  public void encode(int chunk, Sink out, ErrorMeter errors) throws IOException {
    long first = (long) chunk * CHUNK;
    int count = (int) Math.min(CHUNK, stack.elements() - first);
    int block = format.blockElements();
    float[] values = new float[count];
    float[] decoded = new float[count];
    byte[] codes = new byte[count];
    byte[] bytes = new byte[count / block * blockBytes()];
    stack.read(first, count, values);
    int layer = -1;
    Packer packer = null;
    for (int from = 0; from < count; from += block) {
      long element = first + from;
      if (stack.layerOf(element) != layer) {
        layer = stack.layerOf(element);
        packer = packer(stack.tensor(layer));
      }
      long inTensor = element - layer * stack.layerElements();
      int at = from / block * blockBytes();
      float scale = packer.pack(inTensor, values, from, bytes, at, codes);
      if (Float.isInfinite(scale)) {
        throw new TmacException(
            stack.tensor(layer) + " has weights too large for " + format.id() + ": a scale of inf");
      }
      for (int i = from; i < from + block; i++) {
        decoded[i] = codes[i] * scale;
      }
    }
    out.write(bytes, bytes.length, first / block * blockBytes());
    errors.add(first, values, decoded, count);
  }

  private Packer packer(String tensor) {
    return switch (format) {
      case Q4_0 -> fourBits(fits.int4(tensor));
      case Q8_0 -> GgufBlockEncoder::eightBits;
      case TQ2_0 -> ternary(fits.ternary(tensor), format.blockElements());
      default -> throw new IllegalArgumentException(format.id());
    };
  }

  private static Packer fourBits(Int4Fit fit) {
    return (element, values, from, out, at, codes) -> {
      short scale = Float.floatToFloat16(fit.fit(element, values, from, codes));
      store(scale, out, at);
      int half = Int4Fit.BLOCK / 2;
      for (int i = 0; i < half; i++) {
        int low = codes[from + i] + 8;
        int high = codes[from + half + i] + 8;
        out[at + 2 + i] = (byte) (low | (high << 4));
      }
      return Float.float16ToFloat(scale);
    };
  }

  /** ggml's {@code quantize_row_q8_0_ref}: halves are rounded away from zero. */
  private static float eightBits(
      long element, float[] values, int from, byte[] out, int at, byte[] codes) {
    int block = GgufFormat.Q8_0.blockElements();
    float scale = Blocks.largestMagnitude(values, from, block) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    short stored = Float.floatToFloat16(scale);
    store(stored, out, at);
    for (int i = 0; i < block; i++) {
      float value = values[from + i] * inverse;
      double magnitude = Math.floor(Math.abs(value) + 0.5); // exact, as the sum is a double
      codes[from + i] = (byte) Math.copySign(magnitude, value);
      out[at + 2 + i] = codes[from + i];
    }
    return Float.float16ToFloat(stored);
  }

  private static Packer ternary(TernaryFit fit, int block) {
    float[] blockValues = new float[block];
    byte[] blockCodes = new byte[block];
    return (element, values, from, out, at, codes) -> {
      System.arraycopy(values, from, blockValues, 0, block);
      int index = Math.toIntExact(element / block);
      short scale = Float.floatToFloat16(fit.fit(index, blockValues, blockCodes));
      System.arraycopy(blockCodes, 0, codes, from, block);
      Arrays.fill(out, at, at + block / 4, (byte) 0);
      for (int i = 0; i < block; i++) {
        int byteIndex = i / 128 * 32 + i % 32;
        int shift = 2 * (i % 128 / 32);
        out[at + byteIndex] |= (byte) ((blockCodes[i] + 1) << shift);
      }
      store(scale, out, at + block / 4);
      return Float.float16ToFloat(scale);
    };
  }

  private static void store(short scale, byte[] out, int at) {
    out[at] = (byte) scale;
    out[at + 1] = (byte) (scale >> 8);
  }
}
