package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Packed BitNet weights: rows are strided, the lowest bits hold the first quarter. */
class PackedTernaryTest {

  @Example
  void aByteHoldsRowsAQuarterApart() {
    byte[] bytes = {(byte) 0xa1, 0x18, (byte) 0x90, 0x0a};
    Matrix matrix = matrix(8, 2, bytes, 0.5f);
    float[][] expected = {
      {0, -0.5f}, {-0.5f, 0.5f}, {-0.5f, 0.5f}, {-0.5f, 0.5f},
      {0.5f, 0}, {0, -0.5f}, {0.5f, -0.5f}, {0.5f, -0.5f}
    };
    for (int r = 0; r < 8; r++) {
      float[] row = new float[2];
      matrix.decodeRow(r, row);
      assertThat(row).as("row %d", r).isEqualTo(expected[r]);
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void codesTimesScaleAreTheWeights(
      @ForAll @IntRange(min = 1, max = 10) int quarter,
      @ForAll @IntRange(min = 1, max = 70) int cols,
      @ForAll long seed) {
    Matrix matrix = matrix(4 * quarter, cols, random(quarter * cols, seed), 1.75f);
    BlockCodes codes = matrix.format().codes(cols).orElseThrow();
    assertThat(codes.range()).isEqualTo(BlockCodes.Range.TERNARY);
    assertThat(codes.blockSize(cols)).isEqualTo(cols);
    float[] row = new float[cols];
    byte[] found = new byte[cols];
    float[] scales = new float[1];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      codes.decodeCodes(matrix, r, found, scales);
      for (int c = 0; c < cols; c++) {
        assertThat(found[c]).isBetween((byte) -1, (byte) 1);
        assertThat(found[c] * scales[0]).isEqualTo(row[c]);
      }
    }
    assertThat(matrix.format().findUndefined(matrix)).isEqualTo(-1);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void theCodeThreeIsFound(
      @ForAll @IntRange(min = 1, max = 100) int cols,
      @ForAll @IntRange(min = 0, max = 3) int place,
      @ForAll long seed) {
    byte[] bytes = random(cols, seed);
    int at = new Random(seed).nextInt(cols);
    bytes[at] |= (byte) (3 << 2 * place);
    assertThat(new PackedTernary(1).findUndefined(matrix(4, cols, bytes, 1))).isEqualTo(at);
  }

  @Example
  void rowsComeInFours() {
    assertThat(new PackedTernary(1).byteSize(8, 10)).isEqualTo(20);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PackedTernary(1).byteSize(6, 10))
        .withMessageContaining("6");
  }

  private static byte[] random(int bytes, long seed) {
    Random random = new Random(seed);
    byte[] packed = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      for (int place = 0; place < 4; place++) {
        packed[i] |= (byte) (random.nextInt(3) << 2 * place);
      }
    }
    return packed;
  }

  private static Matrix matrix(int rows, int cols, byte[] bytes, float scale) {
    WeightFormat format = new PackedTernary(scale);
    return new Matrix("test", rows, cols, format, MemorySegment.ofArray(bytes), 0);
  }
}
