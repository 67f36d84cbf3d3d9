package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.tmac.ChatMessage;
import io.tmac.Generation;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LangChain4j's client for OpenAI against a running server. */
class LangChainOpenAiTest {
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

  private static OpenAiChatModel.OpenAiChatModelBuilder model(String name) {
    return OpenAiChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey(ClientServer.KEY)
        .modelName(name)
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
  void chats() {
    ChatResponse answer = model("tiny").build().chat(MESSAGES);
    assertThat(answer.aiMessage().text()).isEqualTo(expected().text());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(answer.tokenUsage().inputTokenCount()).isEqualTo(expected().promptTokens());
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(20);
    assertThat(answer.modelName()).isEqualTo("tiny");
  }

  /** Collects a stream. */
  static final class Collector implements StreamingChatResponseHandler {
    final StringBuilder parts = new StringBuilder();
    final CompletableFuture<ChatResponse> response = new CompletableFuture<>();

    @Override
    public void onPartialResponse(String part) {
      parts.append(part);
    }

    @Override
    public void onCompleteResponse(ChatResponse complete) {
      response.complete(complete);
    }

    @Override
    public void onError(Throwable error) {
      response.completeExceptionally(error);
    }
  }

  private static Collector stream(String name) {
    Collector collector = new Collector();
    OpenAiStreamingChatModel.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey(ClientServer.KEY)
        .modelName(name)
        .temperature(0.0)
        .maxCompletionTokens(20)
        .build()
        .chat(MESSAGES, collector);
    return collector;
  }

  @Test
  void streams() throws Exception {
    Collector collector = stream("tiny");
    ChatResponse answer = collector.response.get(20, TimeUnit.SECONDS);
    assertThat(answer.aiMessage().text()).isEqualTo(expected().text());
    assertThat(collector.parts.toString()).isEqualTo(expected().text());
    assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(20);
  }

  @Test
  void ignoresHeartbeats() throws Exception {
    assertThat(stream("slow").response.get(20, TimeUnit.SECONDS).aiMessage().text())
        .isEqualTo("so slow");
  }

  @Test
  void raisesErrors() {
    assertThatThrownBy(() -> model("other").maxRetries(0).build().chat(MESSAGES))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("Model not found: other");
    assertThatThrownBy(() -> model("tiny").maxRetries(0).temperature(3.0).build().chat(MESSAGES))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("temperature must be");
    assertThatThrownBy(() -> model("tiny").maxRetries(0).apiKey("x").build().chat(MESSAGES))
        .isInstanceOf(AuthenticationException.class);
    Collector collector = stream("other");
    assertThatThrownBy(() -> collector.response.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("Model not found: other");
  }

  @Test
  void retriesAfter429() {
    server.refusals.set(1);
    int before = server.calls.get();
    assertThat(model("tiny").maxRetries(2).build().chat(MESSAGES).aiMessage().text())
        .isEqualTo(expected().text());
    assertThat(server.calls.get() - before).isEqualTo(2);
    server.refusals.set(1);
    assertThatThrownBy(() -> model("tiny").maxRetries(0).build().chat(MESSAGES))
        .isInstanceOf(RateLimitException.class);
  }
}
