package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import io.tmac.ChatMessage;
import io.tmac.Generation;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own client for Java against a running server. */
class OpenAiJavaClientTest {
  private static ClientServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() throws IOException {
    server = new ClientServer();
    client = client(ClientServer.KEY, 2);
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static OpenAIClient client(String key, int retries) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey(key)
        .maxRetries(retries)
        .responseValidation(true)
        .build();
  }

  private static ChatCompletionCreateParams.Builder params(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addSystemMessage("be kind")
        .addUserMessage("once upon")
        .temperature(0.0)
        .maxCompletionTokens(20);
  }

  private static Generation expected() {
    return server
        .model
        .chat(List.of(ChatMessage.system("be kind"), ChatMessage.user("once upon")))
        .temperature(0)
        .maxTokens(20)
        .result();
  }

  @Test
  void lists() {
    assertThat(client.models().list().data()).extracting(Model::id).contains("tiny", "slow");
    assertThat(client.models().retrieve("tiny").ownedBy()).isEqualTo("tmac");
    assertThatThrownBy(() -> client.models().retrieve("other"))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("Model not found: other");
  }

  @Test
  void chats() {
    ChatCompletion answer = client.chat().completions().create(params("tiny").build());
    Generation expected = expected();
    ChatCompletion.Choice choice = answer.validate().choices().getFirst();
    assertThat(choice.message().content()).hasValue(expected.text());
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(expected.promptTokens());
    assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(expected.promptTokens() + 20);
    assertThat(answer.usage().orElseThrow().promptTokensDetails().orElseThrow().cachedTokens())
        .isPresent();
  }

  @Test
  void chatsWithSeveralAnswersAndLogprobs() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(params("tiny").n(2).logprobs(true).topLogprobs(2).build());
    assertThat(answer.validate().choices())
        .hasSize(2)
        .allSatisfy(choice -> {
          assertThat(choice.message().content()).hasValue(expected().text());
          assertThat(choice.logprobs().orElseThrow().content().orElseThrow())
              .hasSize(20)
              .allSatisfy(token -> assertThat(token.topLogprobs()).hasSize(2));
        });
  }

  @Test
  void streams() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    ChatCompletionCreateParams params =
        params("tiny")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(chunk -> accumulator.accumulate(chunk.validate()));
    }
    ChatCompletion answer = accumulator.chatCompletion();
    assertThat(answer.choices().getFirst().message().content()).hasValue(expected().text());
    assertThat(answer.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(20);
  }

  @Test
  void streamsWithSeveralAnswersAndWithoutUsage() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params("tiny").n(3).build())) {
      stream.stream().forEach(accumulator::accumulate);
    }
    assertThat(accumulator.chatCompletion().choices())
        .hasSize(3)
        .allSatisfy(choice -> assertThat(choice.message().content()).hasValue(expected().text()));
  }

  @Test
  void ignoresHeartbeats() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params("slow").build())) {
      stream.stream().forEach(accumulator::accumulate);
    }
    assertThat(accumulator.chatCompletion().choices().getFirst().message().content())
        .hasValue("so slow");
  }

  @Test
  void goesOnWithAText() {
    CompletionCreateParams params =
        CompletionCreateParams.builder()
            .model("tiny")
            .prompt("once upon")
            .temperature(0.0)
            .maxTokens(10)
            .build();
    Completion answer = client.completions().create(params);
    String expected = server.model.generate("once upon").temperature(0).maxTokens(10).text();
    assertThat(answer.validate().choices().getFirst().text()).isEqualTo(expected);
    // Its validation does not know that the older completions have no reason before their end.
    OpenAIClient lenient =
        OpenAIOkHttpClient.builder().baseUrl(server.url() + "/v1").apiKey(ClientServer.KEY).build();
    StringBuilder text = new StringBuilder();
    try (StreamResponse<Completion> stream = lenient.completions().createStreaming(params)) {
      stream.stream().forEach(part -> text.append(part.choices().getFirst().text()));
    }
    lenient.close();
    assertThat(text.toString()).isEqualTo(expected);
  }

  @Test
  void raisesErrors() {
    assertThatThrownBy(
            () -> client.chat().completions().create(params("tiny").temperature(3).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            e -> {
              assertThat(e.code()).hasValue("invalid_value");
              assertThat(e.param()).hasValue("temperature");
              assertThat(e.type()).hasValue("invalid_request_error");
            });
    assertThatThrownBy(() ->
            client
                .chat()
                .completions()
                .create(
                    params("tiny")
                        .responseFormat(ResponseFormatJsonObject.builder().build())
                        .build()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("structured output is not supported");
    assertThatThrownBy(() -> client.chat().completions().create(params("other").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class, e -> assertThat(e.code()).hasValue("model_not_found"));
    OpenAIClient stranger = client("wrong", 0);
    assertThatThrownBy(() -> stranger.models().list())
        .isInstanceOfSatisfying(
            UnauthorizedException.class, e -> assertThat(e.code()).hasValue("invalid_api_key"));
    stranger.close();
  }

  @Test
  void doesNotRetryWhatIsNotThere() {
    int before = server.calls.get();
    assertThatThrownBy(() ->
            client
                .embeddings()
                .create(EmbeddingCreateParams.builder().model("tiny").input("a").build()))
        .isInstanceOf(InternalServerException.class)
        .hasMessageContaining("Embeddings are not supported");
    assertThat(server.calls.get() - before).isEqualTo(1);
  }

  @Test
  void raisesErrorsWithinStreams() {
    assertThatThrownBy(
            () -> {
              try (StreamResponse<ChatCompletionChunk> stream =
                  client.chat().completions().createStreaming(params("broken").build())) {
                stream.stream().forEach(chunk -> {});
              }
            })
        .isInstanceOf(OpenAIException.class)
        .hasMessageContaining("took too long");
  }

  @Test
  void retriesAfter429() {
    server.refusals.set(1);
    int before = server.calls.get();
    long start = System.nanoTime();
    assertThat(client.models().list().data()).isNotEmpty();
    assertThat(server.calls.get() - before).isEqualTo(2);
    assertThat(System.nanoTime() - start).isGreaterThan(900_000_000); // Retry-After: 1
    server.refusals.set(1);
    OpenAIClient impatient = client(ClientServer.KEY, 0);
    assertThatThrownBy(() -> impatient.chat().completions().create(params("tiny").build()))
        .isInstanceOfSatisfying(
            RateLimitException.class, e -> assertThat(e.code()).hasValue("rate_limit_exceeded"));
    impatient.close();
  }
}
