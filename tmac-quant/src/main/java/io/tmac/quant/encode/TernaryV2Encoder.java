package io.tmac.quant.encode;

import java.io.IOException;

/**
 * Ternary codes with a scale for each row, which begins at a byte:
 *
 * <pre>
 *   row:  float16 scale | ceil(cols / 4) bytes of two-bit codes
 * </pre>
 */
record TernaryV2Encoder(TensorStack stack, Fits fits) implements StackEncoder {

  private int rowBytes() {
    return 2 + TernaryCodes.bytes(stack.cols());
  }

  @Override
  public long bytes() {
    return stack.allRows() * rowBytes();
  }

  /** Rows of a chunk; a chunk ends with its layer. */
  private int chunkRows() {
    return Math.max(1, CHUNK / stack.cols());
  }

  private int layerChunks() {
    return Math.ceilDiv(stack.rows(), chunkRows());
  }

  @Override
  public int chunks() {
    return Math.multiplyExact(stack.layers().size(), layerChunks());
  }

  @Override
  public void encode(int chunk, Sink out, ErrorMeter errors) throws IOException {
    int layer = chunk / layerChunks();
    int first = chunk % layerChunks() * chunkRows();
    int rows = Math.min(chunkRows(), stack.rows() - first);
    int cols = stack.cols();
    TernaryFit fit = fits.ternary(stack.tensor(layer));
    float[] values = new float[cols];
    float[] decoded = new float[cols];
    byte[] codes = new byte[cols];
    byte[] bytes = new byte[rows * rowBytes()];
    long row = (long) layer * stack.rows() + first;
    for (int r = 0; r < rows; r++) {
      stack.read((row + r) * cols, cols, values);
      short scale = Float.floatToFloat16(fit.fit(first + r, values, codes));
      int at = r * rowBytes();
      bytes[at] = (byte) scale;
      bytes[at + 1] = (byte) (scale >> 8);
      TernaryCodes.pack(codes, cols, bytes, at + 2);
      decode(Float.float16ToFloat(scale), codes, decoded);
      errors.add((row + r) * cols, values, decoded, cols);
    }
    out.write(bytes, bytes.length, row * rowBytes());
  }

  private static void decode(float scale, byte[] codes, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = codes[i] * scale;
    }
  }
}
