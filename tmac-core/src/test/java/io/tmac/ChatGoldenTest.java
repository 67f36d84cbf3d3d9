package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** A published chat model answers as a float64 decoder of its weights does. */
class ChatGoldenTest {
  private static final String FOLDER = "models/smollm2-135m-instruct/";

  private static Model model;

  @AfterAll
  static void close() {
    if (model != null) {
      model.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> answersAsTheReference() throws IOException {
    JsonNode reference = Shared.json(FOLDER + "reference.json");
    model = Model.load(Shared.path(FOLDER + reference.get("model").asString()), Goldens.F32);
    return StreamSupport.stream(reference.get("greedy").spliterator(), false)
        .filter(entry -> entry.has("messages"))
        .map(entry -> {
          List<ChatMessage> messages = messages(entry.get("messages"));
          return DynamicTest.dynamicTest(
              messages.getLast().content(), () -> check(messages, entry));
        });
  }

  private static void check(List<ChatMessage> messages, JsonNode entry) {
    assertThat(model.chatTemplate().orElseThrow().render(messages, true))
        .isEqualTo(entry.get("rendered").asString());
    GenerationRequest request = model.chat(messages).temperature(0).maxTokens(48);
    assertThat(request.prompt).containsExactly(Goldens.ints(entry.get("ids")));
    List<Integer> ids = new ArrayList<>();
    StringBuilder streamed = new StringBuilder();
    Generation answer =
        request.result(token -> {
          ids.add(token.id());
          streamed.append(token.text());
          return true;
        });
    assertThat(ids).isEqualTo(Goldens.list(entry.get("output_ids")));
    assertThat(streamed).hasToString(entry.get("output_text").asString());
    assertThat(answer.text()).isEqualTo(streamed.toString());
    assertThat(answer.finishReason())
        .isEqualTo(
            entry.get("stopped").asBoolean() ? FinishReason.END_OF_TEXT : FinishReason.MAX_TOKENS);
  }

  private static List<ChatMessage> messages(JsonNode array) {
    List<ChatMessage> messages = new ArrayList<>();
    array.forEach(message ->
        messages.add(
            new ChatMessage(message.get("role").asString(), message.get("content").asString())));
    return messages;
  }
}
