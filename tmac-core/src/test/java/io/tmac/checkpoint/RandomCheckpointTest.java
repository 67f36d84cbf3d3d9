package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelConfig;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomCheckpointTest {
  private static final ModelConfig SHAPE =
      new ModelConfig(64, 96, 3, 4, 2, 16, 50, 32, 10_000f, 1e-5f);

  /** Neither blocks nor bytes end with a row. */
  private static final ModelConfig ODD =
      new ModelConfig(30, 45, 3, 3, 1, 10, 33, 9, 10_000f, 1e-5f);

  private static final WeightFormat INT8 = new Int8(Int8.Layout.GROUPS, 32);

  static Stream<WeightFormat> formats() {
    return Stream.of(new F32(), new Int4(), INT8, new TernaryV1(), new TernaryV2());
  }

  @ParameterizedTest
  @MethodSource("formats")
  void hasAllTensorsOfAFile(WeightFormat format) {
    try (Arena arena = Arena.ofConfined()) {
      for (ModelConfig shape : new ModelConfig[] {SHAPE, ODD}) {
        Checkpoint made = RandomCheckpoint.of(shape, format, new Int4(), m -> false, arena, arena);
        made.verify();
        assertThat(made.tensors()).hasSize(9 * shape.layers() + (format instanceof Int4 ? 2 : 3));
        assertThat(rowsAndCols(made, "layers.2.wk")).containsExactly(shape.kvDim(), shape.dim());
        assertThat(rowsAndCols(made, "layers.2.w2"))
            .containsExactly(shape.dim(), shape.hiddenDim());
        assertThat(rowsAndCols(made, made.classifierName()))
            .containsExactly(shape.vocabSize(), shape.dim());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void weightsKeepTheSizeOfTheirInput(WeightFormat format) {
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint made = RandomCheckpoint.of(SHAPE, format, format, m -> false, arena, arena);
      for (Matrix matrix : made.tensors().values()) {
        double squares = 0;
        for (float[] row : values(matrix)) {
          for (float value : row) {
            squares += (double) value * value;
          }
        }
        double gain = squares / matrix.rows(); // of a sum over a row
        if (matrix.rows() == 1) {
          assertThat(values(matrix)[0]).containsOnly(1f);
        } else if (format instanceof TernaryV1) {
          assertThat(gain).isBetween(0.4 * matrix.cols(), 0.6 * matrix.cols());
        } else {
          assertThat(gain).as(matrix.name()).isBetween(0.8, 1.4);
        }
      }
    }
  }

  @Test
  void allCodesAppear() {
    assertThat(codes(new TernaryV1()).keySet()).containsExactly(-1, 0, 1);
    Map<Integer, Integer> ternary = codes(new TernaryV2());
    assertThat(ternary.keySet()).containsExactly(-1, 0, 1);
    int all = ternary.values().stream().mapToInt(Integer::intValue).sum();
    assertThat(ternary.get(0)).isBetween(all * 2 / 5, all * 3 / 5);
    assertThat(ternary.get(1)).isBetween(all / 5, all * 3 / 10);
    assertThat(codes(new Int4()).keySet()).hasSize(16).contains(-8, 7);
    assertThat(codes(INT8).keySet()).hasSizeGreaterThan(250);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void layersDifferAlthoughTheyShareBytes(WeightFormat format) {
    try (Arena kept = Arena.ofConfined();
        Arena copied = Arena.ofConfined()) {
      Map<String, Matrix> shared =
          RandomCheckpoint.of(SHAPE, format, format, m -> false, kept, copied).tensors();
      float[][] first = values(shared.get("layers.0.w1"));
      assertThat(values(shared.get("layers.1.w1"))[0]).isEqualTo(first[1]).isNotEqualTo(first[0]);
      assertThat(shared.get("layers.2.w1").data().byteSize())
          .isEqualTo(format.byteSize(SHAPE.hiddenDim() + 2, SHAPE.dim()));
      Map<String, Matrix> apart =
          RandomCheckpoint.of(SHAPE, format, format, m -> true, kept, copied).tensors();
      assertThat(apart.get("layers.2.w1").data().byteSize())
          .isEqualTo(format.byteSize(3L * SHAPE.hiddenDim(), SHAPE.dim()));
    }
  }

  @Test
  void onlyTheEmbeddingAndWhatIsReadInPlaceOutlivesLoading() {
    try (Arena kept = Arena.ofConfined()) {
      Map<String, Matrix> tensors;
      try (Arena copied = Arena.ofConfined()) {
        tensors =
            RandomCheckpoint.of(
                    SHAPE,
                    new TernaryV2(),
                    new F32(),
                    m -> m.format() instanceof F32 || m.name().equals("wo"),
                    kept,
                    copied)
                .tensors();
      }
      tensors.forEach((name, matrix) ->
          assertThat(matrix.data().scope().isAlive())
              .as(name)
              .isEqualTo(name.matches("tok_embeddings|output|layers\\.\\d\\.wo")));
    }
  }

  @Test
  void refusesOtherFormats() {
    try (Arena arena = Arena.ofConfined()) {
      WeightFormat scalesBehind = new Int8(Int8.Layout.CODES_THEN_SCALES, 32);
      assertThatThrownBy(
              () -> RandomCheckpoint.of(SHAPE, scalesBehind, INT8, m -> false, arena, arena))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("CODES_THEN_SCALES");
    }
  }

  private static int[] rowsAndCols(Checkpoint checkpoint, String name) {
    Matrix matrix = checkpoint.tensors().get(name);
    return new int[] {matrix.rows(), matrix.cols()};
  }

  private static float[][] values(Matrix matrix) {
    float[][] values = new float[matrix.rows()][matrix.cols()];
    for (int row = 0; row < values.length; row++) {
      matrix.decodeRow(row, values[row]);
    }
    return values;
  }

  /** How often each code appears in one matrix. */
  private static Map<Integer, Integer> codes(WeightFormat format) {
    Map<Integer, Integer> counts = new TreeMap<>();
    try (Arena arena = Arena.ofConfined()) {
      Matrix matrix =
          RandomCheckpoint.of(SHAPE, format, format, m -> false, arena, arena)
              .tensors()
              .get("layers.1.w2");
      byte[] codes = new byte[matrix.cols()];
      float[] scales = new float[matrix.cols()];
      for (int row = 0; row < matrix.rows(); row++) {
        format.codes(matrix.cols()).orElseThrow().decodeCodes(matrix, row, codes, scales);
        for (byte code : codes) {
          counts.merge((int) code, 1, Integer::sum);
        }
      }
    }
    return counts;
  }
}
