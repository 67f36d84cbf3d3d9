package io.tmac.testing;

import io.tmac.format.Matrix;
import io.tmac.format.PluginFormat;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * The smallest plug-in: two codes to a byte as one flat array, low half first, {@code weight =
 * (nibble - 8) / 16}. A row may begin inside a byte. It has a meaning and nothing else, so it runs
 * on decoded floats.
 */
public class NibbleFormat implements PluginFormat {
  /** What every code is multiplied by. */
  protected static final float STEP = 1 / 16f;

  @Override
  public String id() {
    return "nibbles";
  }

  @Override
  public byte[] magic() {
    return "NIB0".getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public long byteSize(long rows, int cols) {
    return Math.ceilDiv(Math.multiplyExact(rows, (long) cols), 2);
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    for (int c = 0; c < matrix.cols(); c++) {
      out[c] = code(matrix, row, c) * STEP;
    }
  }

  /** The code at a row and column, from -8 to 7. */
  protected static int code(Matrix matrix, int row, int col) {
    long element = matrix.tensorRow(row) * matrix.cols() + col;
    int pair = matrix.data().get(ValueLayout.JAVA_BYTE, element / 2);
    return (pair >> (element % 2 * 4) & 15) - 8;
  }

  /** Writes a tensor of this format; an {@link Encoding}. */
  public static Encoding.Encoded encode(int rows, int cols, Random random) {
    float[] values = new float[rows * cols];
    byte[] bytes = new byte[(values.length + 1) / 2];
    random.nextBytes(bytes);
    for (int i = 0; i < values.length; i++) {
      int pair = bytes[i / 2] & 0xff;
      values[i] = ((i % 2 == 0 ? pair % 16 : pair / 16) - 8) * STEP;
    }
    return new Encoding.Encoded(bytes, values);
  }
}
