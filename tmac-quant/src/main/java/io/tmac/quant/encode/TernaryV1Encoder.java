package io.tmac.quant.encode;

import java.io.IOException;

/**
 * Ternary codes without scale, all layers as one flat array, four to a byte, as the original's
 * {@code quantize_tmac.py} writes them: +1 and -1 beyond 0.7 times the mean magnitude of the whole
 * stack. Threshold and mean are float32 in numpy's order.
 *
 * @param stack the tensors
 * @param threshold what a magnitude must exceed
 */
record TernaryV1Encoder(TensorStack stack, float threshold) implements StackEncoder {
  private static final float THRESHOLD = 0.7f;

  /** Reads the whole stack for its mean. */
  static TernaryV1Encoder of(TensorStack stack, Workers workers, Progress progress)
      throws IOException {
    PairwiseSum.Part magnitudes =
        (from, count) -> {
          float[] values = new float[count];
          stack.read(from, count, values);
          for (int i = 0; i < count; i++) {
            values[i] = Math.abs(values[i]);
          }
          progress.add(stack.tensor(stack.layerOf(from)), count);
          return PairwiseSum.of(values, 0, count);
        };
    float sum = PairwiseSum.of(stack.elements(), CHUNK, magnitudes, workers);
    return new TernaryV1Encoder(stack, THRESHOLD * PairwiseSum.mean(sum, stack.elements()));
  }

  @Override
  public long bytes() {
    return Math.ceilDiv(stack.elements(), 4);
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
    byte[] codes = new byte[count];
    byte[] bytes = new byte[TernaryCodes.bytes(count)];
    stack.read(first, count, values);
    TernaryCodes.threshold(values, count, threshold, codes);
    TernaryCodes.pack(codes, count, bytes, 0);
    for (int i = 0; i < count; i++) {
      decoded[i] = codes[i];
    }
    out.write(bytes, bytes.length, first / 4);
    errors.add(first, values, decoded, count);
  }
}
