package io.tmac.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.format.Matrix;
import io.tmac.format.TernaryV2;
import io.tmac.kernel.Input;
import io.tmac.kernel.WorkerPool;
import io.tmac.testing.Encoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tiles of each layout hold the codes of their file. */
class LookupLayoutTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "17, 33", "64, 768", "150, 2100", "700, 1600"})
  void codesOfATileAreThoseOfTheFile(int rows, int cols) {
    TernaryV2 format = new TernaryV2();
    byte[] bytes = Encoding.tm2(rows, cols, new Random(rows)).bytes();
    MemorySegment data = Arena.ofAuto().allocate(bytes.length);
    data.copyFrom(MemorySegment.ofArray(bytes));
    Matrix matrix = new Matrix("w", rows, cols, format, data, 0);
    try (WorkerPool pool = new WorkerPool(1)) {
      assertCodes(matrix, new NarrowLookup(matrix, format, Twins.VECTORS, Arena.ofAuto(), pool));
      assertCodes(matrix, new Int7Lookup(matrix, format, Twins.VECTORS, Arena.ofAuto(), pool));
      assertCodes(matrix, new WideLookup(matrix, format, Twins.VECTORS, Arena.ofAuto(), pool));
    }
  }

  private static void assertCodes(Matrix matrix, LookupLinear linear) {
    int lanes = linear.lanes();
    int padded = Input.pad(matrix.cols());
    short[] panel = new short[padded * lanes];
    byte[] codes = new byte[padded];
    for (int first = 0; first < matrix.rows(); first += lanes) {
      int middle = padded / 64 * 32;
      for (int from : new int[] {0, middle, padded - Input.BLOCK}) {
        int to = from < middle ? middle : padded;
        linear.decodeTile(first, from, to, panel);
        for (int lane = 0; lane < Math.min(lanes, matrix.rows() - first); lane++) {
          new TernaryV2().decodeCodes(matrix, first + lane, codes, new float[1]);
          for (int c = from; c < to; c++) {
            assertThat(panel[(c - from) * lanes + lane])
                .as("row %d, column %d", first + lane, c)
                .isEqualTo(codes[c]);
          }
        }
      }
    }
  }
}
