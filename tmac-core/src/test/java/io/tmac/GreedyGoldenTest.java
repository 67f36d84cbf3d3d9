package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Greedy text of the story model is that of llama2.c's run.c, with whatever kernels are active. */
@Tag("kernel")
class GreedyGoldenTest {
  private static Model model;
  private static JsonNode prompts;

  @BeforeAll
  static void load() throws IOException {
    prompts = Goldens.json("stories260K/reference.json").get("prompts");
    model = Goldens.stories("f32", ModelOptions.DEFAULT);
  }

  @AfterAll
  static void close() {
    if (model != null) {
      model.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void textAndTokensAreThoseOfTheReference(int index) {
    JsonNode expected = prompts.get(index);
    List<Integer> ids = Goldens.list(expected.get("ids"));
    List<Integer> greedy = Goldens.list(expected.get("greedy_ids"));
    Generation generation =
        model
            .generate(expected.get("text").asString())
            .temperature(0)
            .maxTokens(greedy.size() - ids.size())
            .result();
    List<Integer> all = new ArrayList<>(ids);
    all.addAll(generation.tokens());
    assertThat(all).isEqualTo(greedy);
    assertThat(generation.promptTokens()).isEqualTo(ids.size());
    String prompt = model.tokenizer().orElseThrow().decode(Goldens.ints(expected.get("ids")));
    assertThat(prompt + generation.text()).isEqualTo(expected.get("greedy_text").asString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void theTextEndsWhereTheReferenceEnds(int index) {
    JsonNode expected = prompts.get(index);
    int ids = expected.get("ids").size();
    int greedy = expected.get("greedy_ids").size();
    boolean ended = greedy < expected.get("steps").asInt() + 1;
    Generation generation =
        model
            .generate(expected.get("text").asString())
            .temperature(0)
            .maxTokens(greedy - ids + (ended ? 5 : 0))
            .result();
    assertThat(generation.generatedTokens()).isEqualTo(greedy - ids);
    assertThat(generation.finishReason())
        .isEqualTo(ended ? FinishReason.END_OF_TEXT : FinishReason.MAX_TOKENS);
  }
}
