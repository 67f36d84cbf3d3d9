package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * A real model (SmolLM2-135M-Instruct, 4 bits with minimums, an embedding of 8 bits that is also
 * the classifier) against a float64 decoder over its dequantised weights.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmolLm2GoldenTest {
  private static final String FOLDER = "models/smollm2-135m-instruct/";

  /** Float32 sums in another order. */
  private static final double TOLERANCE = 1e-3;

  /** The largest error of llama.cpp, which rounds its inputs to 8 bits too. */
  private static final double INT8_TOLERANCE = 0.87;

  private JsonNode reference;
  private int[] text;
  private Model exact;
  private float[][] exactLogits;
  private float[][] int8Logits;

  @BeforeAll
  void load() throws IOException {
    reference = Shared.json(FOLDER + "reference.json");
    text = Goldens.ints(perplexity().get("ids"));
    exact = Model.load(Shared.path(FOLDER + "SmolLM2-135M-Instruct.Q4_1.gguf"), Goldens.F32);
    exactLogits = logits(exact);
    try (Model int8 =
        Model.load(Shared.path(FOLDER + "SmolLM2-135M-Instruct.Q4_1.gguf"), Goldens.INT8)) {
      int8Logits = logits(int8);
    }
  }

  @AfterAll
  void close() {
    if (exact != null) {
      exact.close();
    }
  }

  private JsonNode perplexity() {
    JsonNode node = reference.get("perplexity");
    return node.isArray() ? node.get(0) : node;
  }

  private float[][] logits(Model model) {
    try (Session session = model.newSession()) {
      return Arrays.stream(session.logits(text)).map(float[]::clone).toArray(float[][]::new);
    }
  }

  @Test
  void logitsOfUnquantisedInputs() {
    assertThat(largestError(exactLogits)).isLessThan(TOLERANCE);
    reference
        .get("positions")
        .forEach(position -> {
          float[] found = exactLogits[position.get("position").asInt()];
          assertThat(Goldens.argmax(found)).isEqualTo(position.get("argmax").asInt());
        });
  }

  @Test
  void logitsOfRoundedInputsAreCloserThanThoseOfLlamaCpp() {
    assertThat(largestError(int8Logits)).isLessThan(INT8_TOLERANCE);
    // The reference has the first 64 logits; the exact ones stand for the rest.
    double largest = 0;
    for (JsonNode position : reference.get("positions")) {
      int p = position.get("position").asInt();
      for (int token = 0; token < exactLogits[p].length; token++) {
        largest = Math.max(largest, Math.abs(int8Logits[p][token] - exactLogits[p][token]));
      }
    }
    assertThat(largest).isLessThan(INT8_TOLERANCE);
  }

  private double largestError(float[][] logits) {
    double largest = 0;
    for (JsonNode position : reference.get("positions")) {
      float[] found = logits[position.get("position").asInt()];
      JsonNode expected = position.get("logits");
      for (int token = 0; token < expected.size(); token++) {
        largest = Math.max(largest, Math.abs(found[token] - expected.get(token).asDouble()));
      }
    }
    return largest;
  }

  @Test
  void perplexityOfUnquantisedInputs() {
    double expected = perplexity().get("perplexity").asDouble();
    assertThat(Math.exp(Goldens.meanNll(exactLogits, text)))
        .isCloseTo(expected, withPercentage(0.05));
    assertThat(Goldens.meanNll(exactLogits, text))
        .isCloseTo(perplexity().get("mean_nll").asDouble(), offset(1e-4));
  }

  @Test
  void perplexityOfRoundedInputs() {
    double expected = perplexity().get("perplexity").asDouble();
    assertThat(Math.exp(Goldens.meanNll(int8Logits, text)))
        .isCloseTo(expected, withPercentage(0.5));
  }

  IntStream cases() {
    return IntStream.range(0, Shared.json(FOLDER + "reference.json").get("greedy").size());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void greedyTokensOfUnquantisedInputs(int number) {
    JsonNode expected = reference.get("greedy").get(number);
    List<Integer> output = Goldens.list(expected.get("output_ids"));
    try (Session session = exact.newSession()) {
      int[] next = Goldens.ints(expected.get("ids"));
      List<Integer> found = new ArrayList<>();
      while (found.size() < output.size()) {
        float[][] logits = session.logits(next);
        next = new int[] {Goldens.argmax(logits[logits.length - 1])};
        found.add(next[0]);
      }
      assertThat(found).isEqualTo(output);
    }
  }
}
