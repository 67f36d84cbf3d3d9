package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tmac.ModelFormatException;
import io.tmac.testing.FileBytes;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged file is refused with the place of the damage. */
class FaultTest {
  private static final LlamaShape SHAPE = LlamaShape.SMALLEST;
  private static final int MAX = Integer.MAX_VALUE;
  private static final String[] FIELDS = {
    "dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len"
  };

  static Stream<Arguments> headerFields() {
    return Stream.of(Container.values())
        .flatMap(c -> IntStream.range(0, FIELDS.length).mapToObj(i -> Arguments.of(c, i)));
  }

  @ParameterizedTest
  @MethodSource("headerFields")
  void aHeaderFieldThatIsNotPositiveIsNamedWithItsOffset(Container container, int field) {
    byte[] file = TinyModels.of(container, SHAPE, 1).bytes();
    int offset = headerOffset(container) + 4 * field;
    boolean signed = FIELDS[field].equals("vocab_size");
    for (int value : signed ? new int[] {0, 1 << 31} : new int[] {0, -1, 1 << 31}) {
      ModelFormatException fault = fault(Reading.withInt32(file, offset, value));
      assertThat(fault.offset()).isEqualTo(offset);
      assertThat(fault.expected()).contains(FIELDS[field]);
      assertThat(fault.found()).contains(FIELDS[field] + " = " + value);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "3, 3, n_heads that divides dim 4",
    "3, 4, heads of even width",
    "4, 3, n_kv_heads that divides n_heads 2",
  })
  void headsDivideTheWidth(int field, int value, String expected) {
    byte[] file = TinyModels.of(Container.TM2, SHAPE, 1).bytes();
    ModelFormatException fault = fault(Reading.withInt32(file, 4 + 4 * field, value));
    assertThat(fault.offset()).isEqualTo(4 + 4 * field);
    assertThat(fault.expected()).contains(expected);
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void aFileThatIsCutShortIsRefusedWhereverItIsCut(Container container) {
    byte[] file = TinyModels.of(container, SHAPE, 1).bytes();
    for (int length = 0; length < file.length; length++) {
      ModelFormatException fault = fault(Arrays.copyOf(file, length));
      assertThat(fault.offset()).isBetween(0L, (long) length);
      assertThat(fault.found()).contains("before the end of the file");
    }
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void bytesBehindTheLastTensorAreRefused(Container container) {
    byte[] file = TinyModels.of(container, SHAPE, 1).bytes();
    ModelFormatException fault = fault(Arrays.copyOf(file, file.length + 3));
    assertThat(fault.offset()).isEqualTo(file.length);
    assertThat(fault.found()).startsWith("3 more bytes");
  }

  @Test
  void aSizeThatNoFileCanHaveIsRefused() {
    byte[] header = new FileBytes().int32s(MAX - 1, 8, 1, 1, 1, MAX, 8).toByteArray();
    ModelFormatException fault = fault(header);
    assertThat(fault.offset()).isEqualTo(28);
    assertThat(fault.expected()).contains("tok_embeddings", "2^63");
    assertThat(fault.found()).contains("2147483647 rows of 2147483646 columns");
  }

  @Test
  void whatLacksAMagicWasReadAsV0AndTheMessageSaysSo() {
    ModelFormatException fault =
        fault("{\"not\": \"a model\"}".getBytes(StandardCharsets.US_ASCII));
    assertThat(fault.getMessage()).contains("no known magic", "7b 22 6e 6f", "llama2.c v0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -32, 16, 64, Integer.MAX_VALUE})
  void q4v1AndQ8v1HaveBlocksOf32(int blockSize) {
    for (Container container : new Container[] {Container.Q4V1, Container.Q8V1}) {
      byte[] file = TinyModels.of(container, SHAPE, 1).bytes();
      ModelFormatException fault = fault(Reading.withInt32(file, 32, blockSize));
      assertThat(fault.offset()).isEqualTo(32);
      assertThat(fault.expected()).isEqualTo("block size 32");
      assertThat(fault.found()).isEqualTo("block size " + blockSize);
    }
  }

  @Test
  void theFlagBeforeATensorSaysWhatKindItIs() {
    byte[] file = TinyModels.of(Container.TM2, SHAPE, 1).bytes();
    file[32] = 0;
    ModelFormatException fault = fault(file);
    assertThat(fault.offset()).isEqualTo(32);
    assertThat(fault.expected()).contains("flag 1", "tok_embeddings");
    assertThat(fault.found()).isEqualTo("flag 0");
  }

  @Test
  void tm2RepeatsTheShapeOfEachMatrix() {
    byte[] file = TinyModels.of(Container.TM2, SHAPE, 1).bytes();
    ModelFormatException rows = fault(Reading.withInt32(file, 33, 7));
    assertThat(rows.offset()).isEqualTo(33);
    assertThat(rows.expected()).contains("rows = 6", "tok_embeddings");
    ModelFormatException cols = fault(Reading.withInt32(file, 37, -4));
    assertThat(cols.offset()).isEqualTo(37);
    assertThat(cols.found()).isEqualTo("cols = -4");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -4, 3, 8, 64, Integer.MAX_VALUE, 1 << 31})
  void v2GroupsDivideTheWidth(int groupSize) {
    byte[] file = TinyModels.of(Container.V2, SHAPE, 1).bytes();
    ModelFormatException fault = fault(Reading.withInt32(file, 37, groupSize));
    assertThat(fault.offset()).isEqualTo(37);
    assertThat(fault.found()).isEqualTo("group size " + groupSize);
  }

  @Test
  void v1HasAFlagForTheClassifierAndNoNegativeVocabulary() {
    byte[] file = TinyModels.of(Container.V1, SHAPE, 1).bytes();
    ModelFormatException vocabulary = fault(Reading.withInt32(file, 28, -6));
    assertThat(vocabulary.found()).isEqualTo("vocab_size = -6");
    assertThat(vocabulary.offset()).isEqualTo(28);
    file[36] = 2;
    ModelFormatException flag = fault(file);
    assertThat(flag.offset()).isEqualTo(36);
    assertThat(flag.found()).isEqualTo("flag 2");
  }

  @ParameterizedTest
  @EnumSource(names = {"TMAC", "TM2"})
  void anUndefinedTernaryCodeIsReportedAtItsPlaceInTheFile(Container container) {
    byte[] file = TinyModels.of(container, LlamaShape.EVEN, 1).bytes();
    // One in the embedding, one in the last byte of w3, whose tensor is followed by floats.
    int first = container == Container.TMAC ? 32 + 5 : 32 + 9 + 2 + 5;
    int floatsBehindW3 = 4 * (64 + 2 * 16 * 8) + (container == Container.TMAC ? 0 : 3);
    for (int offset : new int[] {first, file.length - floatsBehindW3 - 1}) {
      byte[] damaged = file.clone();
      damaged[offset] = (byte) 0x80;
      ModelFormatException fault = fault(damaged);
      assertThat(fault.offset()).isEqualTo(offset);
      assertThat(fault.expected()).contains(offset == first ? "tok_embeddings" : "layers.1.w3");
    }
  }

  @Test
  void theFirstByteOfATensorIsVerifiedToo() {
    byte[] file = TinyModels.of(Container.TMAC, LlamaShape.EVEN, 1).bytes();
    file[32] = 0b10;
    assertThat(fault(file).offset()).isEqualTo(32);
  }

  private static ModelFormatException fault(byte[] file) {
    ModelFormatException fault =
        catchThrowableOfType(ModelFormatException.class, () -> Reading.bytes("some.file", file));
    assertThat(fault).isNotNull();
    assertThat(fault)
        .hasMessage(
            "some.file: at offset %d: expected %s, found %s",
            fault.offset(), fault.expected(), fault.found());
    return fault;
  }

  private static int headerOffset(Container container) {
    return switch (container) {
      case V0 -> 0;
      case V1, V2 -> 8;
      default -> 4;
    };
  }
}
