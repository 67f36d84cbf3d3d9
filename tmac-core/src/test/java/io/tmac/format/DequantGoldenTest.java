package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.checkpoint.gguf.GgufType;
import io.tmac.format.BlockCodes.Range;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Raw blocks of GGUF's tensor types decode to what gguf-py and ggml make of them, bit for bit. */
class DequantGoldenTest {
  private static final String FOLDER = "vectors/public/dequant/";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Types that are not supported. */
  private static boolean unsupported(String name) {
    return name.equals("Q2_K") || name.equals("Q3_K");
  }

  static Stream<String> vectors() {
    return Shared.json(FOLDER + "index.json").get("types").propertyNames().stream()
        .filter(name -> !unsupported(name));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void rowsDecodeBitForBit(String name) throws IOException {
    Matrix matrix = matrix(name);
    float[] expected = expected(name);
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      for (int c = 0; c < row.length; c++) {
        assertThat(Float.floatToRawIntBits(row[c]))
            .as("element %d", r * row.length + c)
            .isEqualTo(Float.floatToRawIntBits(expected[r * row.length + c]));
      }
    }
  }

  /** Codes, scales and minimums mean the same, but for the rounding of a recentred minimum. */
  @ParameterizedTest
  @MethodSource("vectors")
  void codesMeanTheSame(String name) throws IOException {
    Matrix matrix = matrix(name);
    if (matrix.format().codes(matrix.cols()).isEmpty()) {
      assertThat(matrix.format()).isInstanceOf(HalfFloat.class);
      return;
    }
    BlockCodes view = matrix.format().codes(matrix.cols()).get();
    int cols = matrix.cols();
    int size = view.blockSize(cols);
    byte[] codes = new byte[cols];
    float[] scales = new float[cols / size];
    float[] minimums = new float[cols / size];
    float[] row = new float[cols];
    boolean inRange = true;
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      view.decodeCodes(matrix, r, codes, scales);
      view.decodeMinimums(matrix, r, minimums);
      for (int c = 0; c < cols; c++) {
        double product = (double) codes[c] * scales[c / size];
        double bound = view.hasMinimums() ? 1e-6 * (Math.abs(product) + Math.abs(row[c])) : 0;
        bound += view.hasMinimums() ? 1e-6 * Math.abs(minimums[c / size]) : 0;
        double value = view.hasMinimums() ? product + minimums[c / size] : (float) product;
        assertThat(Math.abs(value - row[c]))
            .as("row %d, column %d", r, c)
            .isLessThanOrEqualTo(bound);
        inRange &= inRange(view.range(), codes[c]);
      }
    }
    assertThat(view.keepsRange(matrix)).isEqualTo(inRange);
  }

  private static boolean inRange(Range range, int code) {
    return switch (range) {
      case TERNARY -> code >= -1 && code <= 1;
      case INT4 -> code >= -8 && code <= 7;
      case INT8 -> true;
    };
  }

  private static Matrix matrix(String name) throws IOException {
    JsonNode type = Shared.json(FOLDER + "index.json").get("types").get(name);
    WeightFormat format = GgufType.of(type.get("ggml_type").asInt()).orElseThrow().format();
    Path file = Shared.path(FOLDER + name + ".raw");
    byte[] raw = Files.readAllBytes(file);
    // At an odd address, as no reader may rely on alignment.
    MemorySegment data = Arena.ofAuto().allocate(raw.length + 1L).asSlice(1);
    data.copyFrom(MemorySegment.ofArray(raw));
    int elements = type.get("elems").asInt();
    return new Matrix(name, rows(type, elements), elements / rows(type, elements), format, data, 0);
  }

  /** As many rows as the blocks allow, so that most rows have an offset. */
  private static int rows(JsonNode type, int elements) {
    return type.has("shape_rows_cols")
        ? type.get("shape_rows_cols").get(0).asInt()
        : elements / type.get("block_elems").asInt();
  }

  private static float[] expected(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(Shared.path(FOLDER + name + ".f32"));
    return MemorySegment.ofArray(bytes).toArray(FLOAT);
  }
}
