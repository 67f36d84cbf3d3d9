package io.tmac.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingOptionsTest {

  private static final SamplingOptions DEFAULT = SamplingOptions.DEFAULT;

  @Test
  void defaultsAreTemperatureOneAndTopPOfNinetyPercent() {
    assertThat(DEFAULT)
        .isEqualTo(new SamplingOptions(1.0f, 0, 0.9f, 0.0f, 1.0f, 64, 0.0f, 0.0f, Map.of()));
    assertThat(SamplingOptions.GREEDY).isEqualTo(DEFAULT.withTemperature(0));
  }

  @Test
  void eachWithMethodChangesItsFieldAlone() {
    SamplingOptions changed =
        DEFAULT
            .withTemperature(0.5f)
            .withTopK(7)
            .withTopP(0.25f)
            .withMinP(0.125f)
            .withRepetitionPenalty(1.5f)
            .withRepetitionWindow(9)
            .withPresencePenalty(-1)
            .withFrequencyPenalty(2)
            .withLogitBias(Map.of(3, -4f));

    assertThat(changed)
        .isEqualTo(new SamplingOptions(0.5f, 7, 0.25f, 0.125f, 1.5f, 9, -1, 2, Map.of(3, -4f)));
  }

  @ParameterizedTest
  @ValueSource(
      floats = {-0.001f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1e30f})
  void refusesTemperature(float value) {
    refuses("temperature", value, ">= 0", DEFAULT::withTemperature);
  }

  @ParameterizedTest
  @ValueSource(floats = {-0.001f, 1.001f, Float.NaN, Float.POSITIVE_INFINITY})
  void refusesTopPAndMinP(float value) {
    refuses("topP", value, "[0, 1]", DEFAULT::withTopP);
    refuses("minP", value, "[0, 1]", DEFAULT::withMinP);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0.0f, -1, Float.NaN, Float.POSITIVE_INFINITY})
  void refusesRepetitionPenalty(float value) {
    refuses("repetitionPenalty", value, "> 0", DEFAULT::withRepetitionPenalty);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void refusesPresenceAndFrequencyPenalty(float value) {
    refuses("presencePenalty", value, "finite", DEFAULT::withPresencePenalty);
    refuses("frequencyPenalty", value, "finite", DEFAULT::withFrequencyPenalty);
  }

  @Test
  void refusesNegativeCounts() {
    refuses("topK", -1, ">= 0", DEFAULT::withTopK);
    refuses("repetitionWindow", -2, ">= 0", DEFAULT::withRepetitionWindow);
    assertThat(DEFAULT.withRepetitionWindow(SamplingOptions.WHOLE_HISTORY).repetitionWindow())
        .isEqualTo(-1);
  }

  @Test
  void refusesABiasThatIsNoNumberOrForNoToken() {
    refuses("logitBias of token 5", Map.of(5, Float.NaN), "a number", DEFAULT::withLogitBias);
    refuses("logitBias token", Map.of(-5, 1f), ">= 0", DEFAULT::withLogitBias);
    assertThatExceptionOfType(NullPointerException.class)
        .isThrownBy(() -> DEFAULT.withLogitBias(null));
  }

  @Test
  void theBiasIsCopied() {
    Map<Integer, Float> bias = new HashMap<>(Map.of(1, 2f));
    SamplingOptions options = DEFAULT.withLogitBias(bias);

    bias.put(3, 4f);

    assertThat(options.logitBias()).isEqualTo(Map.of(1, 2f)).isUnmodifiable();
  }

  private static <T> void refuses(
      String field, T value, String range, Function<T, SamplingOptions> with) {
    String shown = value instanceof Map<?, ?> map ? bad(map) : value.toString();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with.apply(value))
        .withMessageStartingWith(field + " must be ")
        .withMessageContaining(range)
        .withMessageEndingWith("got " + shown);
  }

  /** The offending half of a one-entry bias: the key, unless that one is fine. */
  private static String bad(Map<?, ?> bias) {
    Map.Entry<?, ?> entry = bias.entrySet().iterator().next();
    return (entry.getKey() instanceof Integer token && token < 0 ? token : entry.getValue())
        .toString();
  }
}
