package io.tmac.sampling;

import java.util.Map;

/**
 * How a {@link Sampler} chooses tokens. Immutable. Start from {@link #DEFAULT} or {@link #GREEDY}:
 *
 * <pre>{@code
 * SamplingOptions.DEFAULT.withTemperature(0.7f).withTopK(40).withRepetitionPenalty(1.1f)
 * }</pre>
 *
 * @param temperature logits are divided by it: finite, at least 0. 0 chooses the highest logit, the
 *     lowest token on ties, and makes {@code topK}, {@code topP} and {@code minP} irrelevant.
 *     Default 1
 * @param topK how many of the highest logits stay: at least 0, where 0 keeps all. Default 0
 * @param topP the nucleus is the shortest list of most probable tokens whose probabilities add up
 *     to more than this: in [0, 1], where 1 keeps all and 0 keeps the best token (a 0 that means
 *     "off", as in llama2.c, is 1 here). Default 0.9
 * @param minP tokens less probable than this share of the best token's probability are dropped: in
 *     [0, 1], where 0 keeps all. Default 0
 * @param repetitionPenalty positive logits of tokens in the window are divided by it, negative ones
 *     multiplied: finite, above 0, where 1 is off. Default 1
 * @param repetitionWindow how many of the last tokens, prompt and text together, the repetition
 *     penalty looks at: at least 0, where 0 is off, or {@link #WHOLE_HISTORY}. Default 64
 * @param presencePenalty subtracted once from the logit of each token in the generated text:
 *     finite, where 0 is off (OpenAI: -2 to 2). Default 0
 * @param frequencyPenalty subtracted from the logit of a token as often as it is in the generated
 *     text: finite, where 0 is off (OpenAI: -2 to 2). Default 0
 * @param logitBias added to the logits of these tokens. At 100 or more, including infinity, a bias
 *     is absolute: only tokens so marked can be chosen, and between them the model decides. At -100
 *     or less the token is never chosen. Default none
 */
public record SamplingOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    int repetitionWindow,
    float presencePenalty,
    float frequencyPenalty,
    Map<Integer, Float> logitBias) {

  /** The {@link #repetitionWindow} that covers the whole prompt and text: -1, as in llama.cpp. */
  public static final int WHOLE_HISTORY = -1;

  /** The size of a {@link #logitBias} from which on it forces or forbids a token: 100. */
  public static final float ABSOLUTE_BIAS = 100;

  /** Temperature 1, top-p 0.9, everything else off. */
  public static final SamplingOptions DEFAULT =
      new SamplingOptions(1.0f, 0, 0.9f, 0.0f, 1.0f, 64, 0.0f, 0.0f, Map.of());

  /** {@link #DEFAULT} at temperature 0: always the highest logit, the lowest token on ties. */
  public static final SamplingOptions GREEDY = DEFAULT.withTemperature(0.0f);

  /**
   * Checks the values and makes {@code logitBias} immutable.
   *
   * @throws IllegalArgumentException if a value is outside its range; the message names the field,
   *     the value and the range
   * @throws NullPointerException if {@code logitBias} or one of its entries is null
   */
  public SamplingOptions {
    require(finite(temperature) && temperature >= 0, "temperature", temperature, "finite, >= 0");
    require(topK >= 0, "topK", topK, ">= 0 (0 is off)");
    require(topP >= 0 && topP <= 1, "topP", topP, "in [0, 1] (1 is off)");
    require(minP >= 0 && minP <= 1, "minP", minP, "in [0, 1] (0 is off)");
    require(
        finite(repetitionPenalty) && repetitionPenalty > 0,
        "repetitionPenalty",
        repetitionPenalty,
        "finite, > 0 (1 is off)");
    require(
        repetitionWindow >= WHOLE_HISTORY,
        "repetitionWindow",
        repetitionWindow,
        ">= 0 (0 is off) or -1 (everything)");
    require(finite(presencePenalty), "presencePenalty", presencePenalty, "finite (0 is off)");
    require(finite(frequencyPenalty), "frequencyPenalty", frequencyPenalty, "finite (0 is off)");
    logitBias = Map.copyOf(logitBias);
    logitBias.forEach((token, bias) -> {
      require(token >= 0, "logitBias token", token, ">= 0");
      require(!bias.isNaN(), "logitBias of token " + token, bias, "a number");
    });
  }

  private static boolean finite(float value) {
    return Float.isFinite(value);
  }

  private static void require(boolean valid, String field, Object value, String range) {
    if (!valid) {
      throw new IllegalArgumentException(field + " must be " + range + ", got " + value);
    }
  }

  /**
   * These options with another {@link #temperature}.
   *
   * @param temperature the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is negative, infinite or NaN
   */
  public SamplingOptions withTemperature(float temperature) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #topK}.
   *
   * @param topK the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is negative
   */
  public SamplingOptions withTopK(int topK) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #topP}.
   *
   * @param topP the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public SamplingOptions withTopP(float topP) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #minP}.
   *
   * @param minP the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public SamplingOptions withMinP(float minP) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #repetitionPenalty}.
   *
   * @param repetitionPenalty the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is not positive and finite
   */
  public SamplingOptions withRepetitionPenalty(float repetitionPenalty) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #repetitionWindow}.
   *
   * @param repetitionWindow the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is below -1
   */
  public SamplingOptions withRepetitionWindow(int repetitionWindow) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #presencePenalty}.
   *
   * @param presencePenalty the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is infinite or NaN
   */
  public SamplingOptions withPresencePenalty(float presencePenalty) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #frequencyPenalty}.
   *
   * @param frequencyPenalty the new value
   * @return the changed copy
   * @throws IllegalArgumentException if it is infinite or NaN
   */
  public SamplingOptions withFrequencyPenalty(float frequencyPenalty) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * These options with another {@link #logitBias}.
   *
   * @param logitBias the new value
   * @return the changed copy
   * @throws IllegalArgumentException if a token is negative or a bias is NaN
   * @throws NullPointerException if {@code logitBias} or one of its entries is null
   */
  public SamplingOptions withLogitBias(Map<Integer, Float> logitBias) {
    return new SamplingOptions(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        repetitionWindow,
        presencePenalty,
        frequencyPenalty,
        logitBias);
  }

  /**
   * Checks that these options fit a vocabulary.
   *
   * @param vocabSize number of tokens
   * @throws IllegalArgumentException if {@link #logitBias} has a token outside the vocabulary
   */
  public void checkVocabulary(int vocabSize) {
    LogitBias.check(logitBias, vocabSize);
  }
}
