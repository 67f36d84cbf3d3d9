package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.data.Offset.offset;

import io.tmac.testing.TinyModels.Container;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How to load a model. */
class ModelOptionsTest {
  private static final String ACTIVATIONS = "tmac.activations";
  private String before;

  @BeforeEach
  void clearProperty() {
    before = System.clearProperty(ACTIVATIONS);
  }

  @AfterEach
  void restoreProperty() {
    if (before == null) {
      System.clearProperty(ACTIVATIONS);
    } else {
      System.setProperty(ACTIVATIONS, before);
    }
  }

  @Test
  void defaults() {
    ModelOptions options = ModelOptions.DEFAULT;
    assertThat(options.threads()).isZero();
    assertThat(options.contextLength()).isZero();
    assertThat(options.activations()).isEqualTo(Activations.INT8);
    assertThat(options.kvCache()).isEqualTo(KvCacheType.F32);
    assertThat(options.tokenizer()).isEmpty();
    assertThat(options.tokenizerPath()).isEmpty();
  }

  @Test
  void withMethodsChangeOneThingInACopy() {
    ModelOptions options =
        ModelOptions.DEFAULT
            .withThreads(3)
            .withContextLength(99)
            .withActivations(Activations.F32)
            .withKvCache(KvCacheType.F16)
            .withTokenizer(Path.of("t.bin"));
    assertThat(options.threads()).isEqualTo(3);
    assertThat(options.contextLength()).isEqualTo(99);
    assertThat(options.activations()).isEqualTo(Activations.F32);
    assertThat(options.kvCache()).isEqualTo(KvCacheType.F16);
    assertThat(options.tokenizerPath()).contains(Path.of("t.bin"));
    ModelOptions other = options.withTokenizer(TestModels.TOKENIZER);
    assertThat(other.tokenizer()).contains(TestModels.TOKENIZER);
    assertThat(other.tokenizerPath()).isEmpty();
    assertThat(other.kvCache()).isEqualTo(KvCacheType.F16);
    assertThat(other.withTokenizer(Path.of("t.bin")).tokenizer()).isEmpty();
    assertThat(ModelOptions.DEFAULT.threads()).isZero();
  }

  @Test
  void valuesAreChecked() {
    for (int value : new int[] {0, -5}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModelOptions.DEFAULT.withThreads(value))
          .withMessageContainingAll("threads", String.valueOf(value));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ModelOptions.DEFAULT.withContextLength(value))
          .withMessageContainingAll("contextLength", String.valueOf(value));
    }
    assertThatNullPointerException()
        .isThrownBy(() -> ModelOptions.DEFAULT.withActivations(null))
        .withMessageContaining("activations");
    assertThatNullPointerException()
        .isThrownBy(() -> ModelOptions.DEFAULT.withKvCache(null))
        .withMessageContaining("kvCache");
    assertThatNullPointerException()
        .isThrownBy(() -> ModelOptions.DEFAULT.withTokenizer((Path) null));
  }

  @ParameterizedTest
  @CsvSource({"f32,F32", "F32,F32", "int8,INT8", "Int8,INT8"})
  void thePropertyIsTheDefaultOfActivations(String value, Activations expected) {
    System.setProperty(ACTIVATIONS, value);
    assertThat(ModelOptions.DEFAULT.activations()).isEqualTo(expected);
    assertThat(ModelOptions.DEFAULT.withActivations(Activations.F32).activations())
        .isEqualTo(Activations.F32);
    try (Model model =
        TestModels.load(Container.TM2, TestModels.SHAPE, ModelOptions.DEFAULT.withThreads(1))) {
      assertThat(model.info().activations()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "f16", "float"})
  void otherValuesOfThePropertyAreRefused(String value) {
    System.setProperty(ACTIVATIONS, value);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestModels.load(Container.TM2, TestModels.SHAPE, ModelOptions.DEFAULT))
        .withMessageContainingAll(ACTIVATIONS, "int8, int7 or f32", value);
  }

  @Test
  void unquantisedActivationsChangeLogitsALittle() {
    float[] exact = logits(Activations.F32);
    float[] rounded = logits(Activations.INT8);
    assertThat(rounded).isNotEqualTo(exact);
    for (int token = 0; token < exact.length; token++) {
      assertThat(rounded[token]).isCloseTo(exact[token], offset(0.1f));
    }
  }

  private static float[] logits(Activations activations) {
    try (Model model =
            TestModels.load(
                Container.Q4V1,
                TestModels.SHAPE,
                ModelOptions.DEFAULT.withActivations(activations));
        Session session = model.newSession()) {
      return session.logits(new int[] {1, 20, 30})[2];
    }
  }

  @Test
  void theContextIsNotLongerThanTheModels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            TestModels.load(
                Container.TM2, TestModels.SHAPE, ModelOptions.DEFAULT.withContextLength(129)))
        .withMessageContainingAll("129", "128");
  }
}
