package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.ModelFormatException;
import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.testing.FastNibbleFormat;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.NibbleFormat;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.TinyModel;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A format that an application adds is found by its magic and read like a built-in one. */
class PluginFormatTest {

  static Stream<Arguments> models() {
    return Stream.of(LlamaShape.EVEN, LlamaShape.ODD, LlamaShape.GROUPED, LlamaShape.SMALLEST)
        .flatMap(shape -> Stream.of("NIB0", "NIB1").map(magic -> Arguments.of(magic, shape)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void allTensorsHaveTheirValues(String magic, LlamaShape shape) {
    TinyModel model = TinyModels.of(magic, NibbleFormat::encode, shape, 1);
    Checkpoint checkpoint = Reading.model(model);
    assertThat(checkpoint.config()).isEqualTo(shape.config());
    assertThat(checkpoint.tensors()).containsOnlyKeys(model.tensors().keySet());
    checkpoint
        .tensors()
        .forEach((name, matrix) ->
            assertThat(Reading.values(matrix)).as(name).isEqualTo(model.tensors().get(name)));
  }

  @Test
  void theMagicNamesTheFormat() {
    assertThat(read("NIB0", LlamaShape.EVEN).format()).isExactlyInstanceOf(NibbleFormat.class);
    assertThat(read("NIB0", LlamaShape.EVEN).container()).isEqualTo("nibbles");
    assertThat(read("NIB1", LlamaShape.EVEN).format()).isExactlyInstanceOf(FastNibbleFormat.class);
    assertThat(read("NIB1", LlamaShape.EVEN).container()).isEqualTo("fast_nibbles");
  }

  @Test
  void withoutAnIntegerViewItRunsOnDecodedFloats() {
    assertThat(read("NIB0", LlamaShape.EVEN).format().codes(64)).isEmpty();
  }

  @Test
  void anIntegerViewMeansTheSameNumbers() {
    Matrix matrix = read("NIB1", LlamaShape.EVEN).tensors().get("layers.1.w2");
    BlockCodes view = matrix.format().codes(96).orElseThrow();
    assertThat(view.range()).isEqualTo(BlockCodes.Range.INT4);
    byte[] codes = new byte[96];
    float[] scales = new float[96 / view.blockSize(96)];
    float[] row = new float[96];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      view.decodeCodes(matrix, r, codes, scales);
      for (int c = 0; c < 96; c++) {
        assertThat(codes[c] * scales[c / 32]).isEqualTo(row[c]);
      }
    }
  }

  @Test
  void aDamagedFileIsRefusedLikeAnyOther() {
    byte[] file = TinyModels.of("NIB0", NibbleFormat::encode, LlamaShape.SMALLEST, 1).bytes();
    for (int length = 4; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatExceptionOfType(ModelFormatException.class)
          .isThrownBy(() -> Reading.bytes("x.nib", cut))
          .withMessageContaining("before the end of the file")
          .withMessageNotContaining("magic");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NIB2", "XIB0", "NXB0", "nib1"})
  void aMagicThatNobodyOffersIsNotAPlugin(String magic) {
    byte[] file = TinyModels.of(magic, NibbleFormat::encode, LlamaShape.EVEN, 1).bytes();
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> Reading.bytes("x.nib", file))
        .withMessageContaining("no known magic");
  }

  private static Checkpoint read(String magic, LlamaShape shape) {
    return Reading.model(TinyModels.of(magic, NibbleFormat::encode, shape, 1));
  }
}
