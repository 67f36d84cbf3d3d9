package io.tmac.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every weight format by example: the bytes as a file holds them, the numbers they mean. */
class WeightFormatTest {
  private static final String ONE = "00 3c";
  private static final String HALF = "00 38";
  private static final String MINUS_TWO = "00 c0";

  @Test
  void float32IsLittleEndian() {
    Matrix matrix = matrix(2, 1, new F32(), "00 00 80 3f  00 00 20 c0");
    assertThat(row(matrix, 0)).containsExactly(1f);
    assertThat(row(matrix, 1)).containsExactly(-2.5f);
  }

  @Test
  void int4HoldsTheEvenElementInTheLowHalf() {
    Matrix matrix = matrix(1, 32, new Int4(), HALF + "10 32 54 76 98 ba dc fe" + "88".repeat(8));
    float[] expected = new float[32];
    for (int i = 0; i < 16; i++) {
      expected[i] = (i - 8) * 0.5f;
    }
    assertThat(row(matrix, 0)).containsExactly(expected);
  }

  @Test
  void int4BlocksRunOverTheEndOfARow() {
    String ones = "99".repeat(16);
    Matrix matrix = matrix(2, 20, new Int4(), ONE + ones + MINUS_TWO + ones);
    assertThat(row(matrix, 0)).containsOnly(1f);
    assertThat(row(matrix, 1)).startsWith(filled(12, 1f)).endsWith(filled(8, -2f));
  }

  @Test
  void int4BlockOfZerosIsMinusZero() {
    Matrix matrix = matrix(1, 32, new Int4(), "00".repeat(18));
    assertThat(row(matrix, 0)).containsOnly(-0f);
  }

  @Test
  void int8GroupsBeginWithTheirScale() {
    Matrix matrix =
        matrix(
            1,
            6,
            new Int8(Int8.Layout.GROUPS, 4),
            HALF + "7f 80 01 ff" + MINUS_TWO + "02 fd 77 77");
    assertThat(row(matrix, 0)).containsExactly(63.5f, -64f, 0.5f, -0.5f, -4f, 6f);
  }

  @Test
  void int8ScalesMayStandBehindAllCodes() {
    Matrix matrix =
        matrix(
            2,
            3,
            new Int8(Int8.Layout.CODES_THEN_SCALES, 2),
            "01 02 03 04 05 fa  00 00 80 3f  00 00 00 3f  00 00 00 c0");
    assertThat(row(matrix, 0)).containsExactly(1f, 2f, 1.5f);
    assertThat(row(matrix, 1)).containsExactly(2f, -10f, 12f);
  }

  @Test
  void int8GroupsHaveAPositiveSize() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Int8(Int8.Layout.GROUPS, 0))
        .withMessageContaining("0");
  }

  @Test
  void ternaryV1HasFourCodesToAByteFromTheLowBitsUp() {
    Matrix matrix = matrix(1, 4, new TernaryV1(), bits("11_00_01_11"));
    assertThat(row(matrix, 0)).containsExactly(-1f, 1f, 0f, -1f);
  }

  @Test
  void ternaryV1RowsRunOverTheEndOfAByte() {
    Matrix matrix = matrix(2, 3, new TernaryV1(), bits("11_01_01_01") + bits("00_00_01_00"));
    assertThat(row(matrix, 0)).containsExactly(1f, 1f, 1f);
    assertThat(row(matrix, 1)).containsExactly(-1f, 0f, 1f);
  }

  @Test
  void ternaryV2RowsHaveAScaleAndBeginAtAByte() {
    String first = HALF + bits("01_00_11_01") + bits("10_10_10_11");
    String second = MINUS_TWO + bits("00_11_01_00") + bits("00_00_00_01");
    Matrix matrix = matrix(2, 5, new TernaryV2(), first + second);
    assertThat(row(matrix, 0)).containsExactly(0.5f, -0.5f, 0f, 0.5f, -0.5f);
    assertThat(row(matrix, 1)).containsExactly(-0f, -2f, 2f, -0f, -2f);
  }

  @Test
  void aMatrixMayBeginInTheMiddleOfATensor() {
    MemorySegment data = bytes(bits("11_01_01_01") + bits("00_00_01_00"));
    Matrix second = new Matrix("w", 1, 3, new TernaryV1(), data, 1);
    assertThat(row(second, 0)).containsExactly(-1f, 0f, 1f);
  }

  /** Subnormals, infinities and NaN included: a scale is IEEE binary16, all of it. */
  @ParameterizedTest
  @MethodSource("formatsWithAFloat16Scale")
  void scalesAreIeeeFloat16(WeightFormat format, int cols, byte codeOfOne) {
    byte[] data = new byte[(int) format.byteSize(1, cols)];
    Arrays.fill(data, codeOfOne);
    Matrix matrix = new Matrix("w", 1, cols, format, MemorySegment.ofArray(data), 0);
    float[] actual = new float[1 << 16];
    float[] expected = new float[1 << 16];
    for (int bits = 0; bits < 1 << 16; bits++) {
      data[0] = (byte) bits;
      data[1] = (byte) (bits >> 8);
      actual[bits] = row(matrix, 0)[0];
      expected[bits] = ReferenceDecoder.float16((short) bits);
    }
    assertThat(actual).isEqualTo(expected);
  }

  static Stream<Object[]> formatsWithAFloat16Scale() {
    return Stream.of(
        new Object[] {new Int4(), 32, (byte) 0x99},
        new Object[] {new Int8(Int8.Layout.GROUPS, 32), 32, (byte) 1},
        new Object[] {new TernaryV2(), 4, (byte) 0x55});
  }

  @ParameterizedTest
  @CsvSource({
    "f32, 3, 5, 60",
    "int4, 3, 32, 54",
    "int4, 3, 5, 18",
    "int4, 11, 3, 36",
    "q8, 1, 33, 68",
    "v2, 2, 96, 204",
    "ternary_v1, 3, 3, 3",
    "ternary_v2, 3, 3, 9",
    "ternary_v2, 3, 5, 12",
    "ternary_v1, 1000000000, 1000000000, 250000000000000000",
    "ternary_v2, 1, 2147483647, 536870914",
  })
  void sizes(String format, long rows, int cols, long bytes) {
    assertThat(named(format).byteSize(rows, cols)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aSizeBeyondLongIsAnError(WeightFormat format) {
    assertThatThrownBy(() -> format.byteSize(Long.MAX_VALUE, Integer.MAX_VALUE))
        .isInstanceOf(ArithmeticException.class);
  }

  static Stream<WeightFormat> formats() {
    return Tensors.FORMATS.stream();
  }

  private static WeightFormat named(String name) {
    return switch (name) {
      case "f32" -> new F32();
      case "int4" -> new Int4();
      case "q8" -> new Int8(Int8.Layout.GROUPS, 32);
      case "v2" -> new Int8(Int8.Layout.CODES_THEN_SCALES, 64);
      case "ternary_v1" -> new TernaryV1();
      case "ternary_v2" -> new TernaryV2();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static Matrix matrix(int rows, int cols, WeightFormat format, String hex) {
    return new Matrix("w", rows, cols, format, bytes(hex), 0);
  }

  private static MemorySegment bytes(String hex) {
    return MemorySegment.ofArray(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  /** A byte as hex from its four codes, the last code first. */
  private static String bits(String codes) {
    return HexFormat.of().toHexDigits((byte) Integer.parseInt(codes.replace("_", ""), 2));
  }

  private static float[] row(Matrix matrix, int row) {
    float[] out = new float[matrix.cols()];
    matrix.decodeRow(row, out);
    return out;
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }
}
