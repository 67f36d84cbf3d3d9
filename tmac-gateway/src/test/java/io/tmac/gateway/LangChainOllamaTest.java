package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.ollama.OllamaLanguageModel;
import dev.langchain4j.model.ollama.OllamaModel;
import dev.langchain4j.model.ollama.OllamaModels;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.tmac.ChatMessage;
import io.tmac.Generation;
import io.tmac.gateway.LangChainOpenAiTest.Collector;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LangChain4j's client for Ollama against a running server. */
class LangChainOllamaTest {
  private static final Map<String, String> HEADERS =
      Map.of("Authorization", "Bearer " + ClientServer.KEY);
  private static final List<dev.langchain4j.data.message.ChatMessage> MESSAGES =
      List.of(SystemMessage.from("be kind"), UserMessage.from("once upon"));

  private static ClientServer server;

  @BeforeAll
  static void start() throws IOException {
    server = new ClientServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static OllamaChatModel.OllamaChatModelBuilder model(String name) {
    OllamaChatModel.OllamaChatModelBuilder builder = OllamaChatModel.builder();
    builder.baseUrl(server.url());
    builder.customHeaders(HEADERS);
    builder.modelName(name);
    builder.temperature(0.0);
    builder.numPredict(20);
    return builder.maxRetries(0);
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
    // This part of the client sends no headers of its own.
    server.needsKey.set(false);
    OllamaModels models = OllamaModels.builder().baseUrl(server.url()).build();
    assertThat(models.availableModels().content())
        .extracting(OllamaModel::getName)
        .contains("tiny", "slow");
    assertThat(models.modelCard("tiny").content().getDetails().getFamily()).isEqualTo("llama");
    assertThat(models.runningModels().content()).isNotEmpty();
    server.needsKey.set(true);
  }

  @Test
  void chats() {
    ChatResponse answer = model("tiny").build().chat(MESSAGES);
    assertThat(answer.aiMessage().text()).isEqualTo(expected().text());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(expected().promptTokens());
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(20);
  }

  private static Collector stream(String name) {
    Collector collector = new Collector();
    OllamaStreamingChatModel.OllamaStreamingChatModelBuilder builder =
        OllamaStreamingChatModel.builder();
    builder.baseUrl(server.url());
    builder.customHeaders(HEADERS);
    builder.modelName(name);
    builder.temperature(0.0);
    builder.numPredict(20);
    builder.build().chat(MESSAGES, collector);
    return collector;
  }

  @Test
  void streams() throws Exception {
    Collector collector = stream("tiny");
    ChatResponse answer = collector.response.get(20, TimeUnit.SECONDS);
    assertThat(answer.aiMessage().text()).isEqualTo(expected().text());
    assertThat(collector.parts.toString()).isEqualTo(expected().text());
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(20);
  }

  @Test
  void ignoresHeartbeats() throws Exception {
    assertThat(stream("slow").response.get(20, TimeUnit.SECONDS).aiMessage().text())
        .isEqualTo("so slow");
  }

  @Test
  void generates() {
    String text =
        OllamaLanguageModel.builder()
            .baseUrl(server.url())
            .customHeaders(HEADERS)
            .modelName("tiny")
            .temperature(0.0)
            .numPredict(20)
            .build()
            .generate("once upon")
            .content();
    assertThat(text)
        .isEqualTo(
            server
                .model
                .chat(List.of(ChatMessage.user("once upon")))
                .temperature(0)
                .maxTokens(20)
                .text());
  }

  @Test
  void raisesErrors() {
    assertThatThrownBy(() -> model("other").build().chat(MESSAGES))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("Model not found: other");
    OllamaChatModel.OllamaChatModelBuilder json = model("tiny");
    json.responseFormat(ResponseFormat.JSON);
    assertThatThrownBy(() -> json.build().chat(MESSAGES))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("structured output is not supported");
    OllamaChatModel.OllamaChatModelBuilder stranger = model("tiny");
    stranger.customHeaders(Map.of());
    assertThatThrownBy(() -> stranger.build().chat(MESSAGES))
        .isInstanceOf(AuthenticationException.class);
    assertThatThrownBy(() ->
            OllamaEmbeddingModel.builder()
                .baseUrl(server.url())
                .customHeaders(HEADERS)
                .modelName("tiny")
                .maxRetries(0)
                .build()
                .embed("a"))
        .hasMessageContaining("Embeddings are not supported");
  }

  @Test
  void retriesAfter429() {
    server.refusals.set(1);
    int before = server.calls.get();
    assertThat(model("tiny").maxRetries(2).build().chat(MESSAGES).aiMessage().text())
        .isEqualTo(expected().text());
    assertThat(server.calls.get() - before).isEqualTo(2);
    server.refusals.set(1);
    assertThatThrownBy(() -> model("tiny").build().chat(MESSAGES))
        .isInstanceOf(RateLimitException.class);
  }
}
