package io.tmac.testing;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The same plug-in with a view of its weights as small integers, which names the 4-bit kernel. It
 * offers the view where rows consist of whole blocks.
 */
public final class FastNibbleFormat extends NibbleFormat implements BlockCodes {
  private static final int BLOCK = 32;

  @Override
  public String id() {
    return "fast_nibbles";
  }

  @Override
  public byte[] magic() {
    return "NIB1".getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return cols % BLOCK == 0 ? Optional.of(this) : Optional.empty();
  }

  @Override
  public Range range() {
    return Range.INT4;
  }

  @Override
  public int blockSize(int cols) {
    return BLOCK;
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    for (int c = 0; c < matrix.cols(); c++) {
      codes[c] = (byte) code(matrix, row, c);
    }
    Arrays.fill(scales, 0, matrix.cols() / BLOCK, STEP);
  }
}
