package io.tmac.quant.encode;

import java.io.IOException;

/**
 * Eight-bit codes as llama2.c's {@code export.py} writes them (version 2). Each layer is for
 * itself:
 *
 * <pre>
 *   rows * cols x int8 | rows * cols / groupSize x float32 scales
 * </pre>
 *
 * @param stack the tensors
 * @param groupSize elements that share a scale; it divides the columns' number or the rows'
 */
record Int8GroupEncoder(TensorStack stack, int groupSize) implements StackEncoder {
  private static final float MAX_CODE = 127;

  private long layerBytes() {
    return stack.layerElements() + stack.layerElements() / groupSize * Float.BYTES;
  }

  @Override
  public long bytes() {
    return stack.layers().size() * layerBytes();
  }

  /** A chunk ends with its layer. */
  private int layerChunks() {
    return StackEncoder.chunks(stack.layerElements(), chunkElements());
  }

  private int chunkElements() {
    return CHUNK / groupSize * groupSize;
  }

  @Override
  public int chunks() {
    return Math.multiplyExact(stack.layers().size(), layerChunks());
  }

  @Override
  public void encode(int chunk, Sink out, ErrorMeter errors) throws IOException {
    int layer = chunk / layerChunks();
    long first = (long) (chunk % layerChunks()) * chunkElements();
    int count = (int) Math.min(chunkElements(), stack.layerElements() - first);
    float[] values = new float[count];
    float[] decoded = new float[count];
    byte[] codes = new byte[count];
    float[] scales = new float[count / groupSize];
    long element = layer * stack.layerElements() + first;
    stack.read(element, count, values);
    for (int group = 0; group < scales.length; group++) {
      int from = group * groupSize;
      float scale = Blocks.largestMagnitude(values, from, groupSize) / MAX_CODE;
      scales[group] = scale;
      Blocks.round(values, from, groupSize, scale, -MAX_CODE, MAX_CODE, codes);
      for (int i = from; i < from + groupSize; i++) {
        decoded[i] = codes[i] * scale;
      }
    }
    long start = layer * layerBytes();
    out.write(codes, count, start + first);
    byte[] scaleBytes = F32Encoder.bytes(scales);
    out.write(
        scaleBytes,
        scaleBytes.length,
        start + stack.layerElements() + first / groupSize * Float.BYTES);
    errors.add(element, values, decoded, count);
  }
}
