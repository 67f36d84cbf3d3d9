package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RandomModelTest {
  private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withThreads(2);
  private static final int[] TOKENS = {1, 7, 56};
  private static final ModelConfig SHAPE = shape(2);

  /** As deep as the largest models that are measured. */
  private static final ModelConfig DEEP = shape(30);

  static Stream<WeightFormat> formats() {
    return Stream.of(new F32(), new Int4(), new TernaryV1(), new TernaryV2());
  }

  static Stream<Arguments> formatsAndHeads() {
    List<WeightFormat> heads =
        List.of(new F32(), new Int8(Int8.Layout.GROUPS, 32), new Int4(), new TernaryV2());
    return formats().flatMap(format -> heads.stream().map(head -> Arguments.of(format, head)));
  }

  @ParameterizedTest
  @MethodSource("formatsAndHeads")
  void anyFormatRunsWithAnyHead(WeightFormat format, WeightFormat head) throws IOException {
    checkLogits(logits(SHAPE, format, head));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void activationsKeepTheirSizeThroughManyLayers(WeightFormat format) throws IOException {
    checkLogits(logits(DEEP, format, format));
  }

  @Test
  void isTheSameEachTime() throws IOException {
    WeightFormat ternary = new TernaryV2();
    assertThat(logits(SHAPE, ternary, ternary)).isDeepEqualTo(logits(SHAPE, ternary, ternary));
  }

  @Test
  void tellsWhatItIs() throws IOException {
    try (Model model = Model.random(SHAPE, new TernaryV2(), new TernaryV2(), OPTIONS)) {
      ModelInfo info = model.info();
      assertThat(info.config()).isEqualTo(SHAPE);
      assertThat(info.format()).isEqualTo("ternary_v2");
      assertThat(info.container()).isEqualTo("random weights");
      assertThat(info.fileBytes()).isZero();
      assertThat(info.threads()).isEqualTo(2);
      assertThat(model.tokenizer()).isEmpty();
    }
  }

  @Test
  void optionsMustFitTheShape() {
    assertThatThrownBy(() ->
            Model.random(SHAPE, new F32(), new F32(), ModelOptions.DEFAULT.withContextLength(33)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("33");
  }

  /** Finite, of a sensible size, and not the same everywhere. */
  private static void checkLogits(float[][] positions) {
    for (float[] logits : positions) {
      assertThat(IntStream.range(0, logits.length).mapToObj(i -> logits[i]).distinct())
          .hasSizeGreaterThan(40);
      for (float logit : logits) {
        assertThat(Math.abs(logit)).isLessThan(100);
      }
    }
    assertThat(positions[0]).isNotEqualTo(positions[1]);
  }

  private static float[][] logits(ModelConfig shape, WeightFormat format, WeightFormat head)
      throws IOException {
    try (Model model = Model.random(shape, format, head, OPTIONS);
        Session session = model.newSession()) {
      return session.logits(TOKENS);
    }
  }

  private static ModelConfig shape(int layers) {
    return new ModelConfig(32, 64, layers, 2, 1, 16, 57, 32, 10_000f, 1e-5f);
  }
}
