package io.tmac.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ChatMessage;
import io.tmac.Model;
import io.tmac.gateway.Gateway;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class OllamaTest {
  private static final String MESSAGES = "'messages':[{'role':'user','content':'once upon'}]";
  private static Model chat;
  private static Model plain;
  private static Gateway gateway;
  private static Http http;

  @BeforeAll
  static void start() throws IOException {
    chat = TinyModel.chat();
    plain = TinyModel.plain();
    gateway =
        Gateway.builder()
            .model("tiny", chat)
            .model("plain", plain)
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .start();
    http = new Http(gateway.address());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    chat.close();
    plain.close();
  }

  private static String expected(int maxTokens) {
    return chat.chat(List.of(ChatMessage.user("once upon")))
        .temperature(0)
        .maxTokens(maxTokens)
        .text();
  }

  private static void assertFinished(JsonNode json, int tokens) {
    assertThat(json.get("done").asBoolean()).isTrue();
    assertThat(json.get("done_reason").asString()).isEqualTo("length");
    assertThat(json.get("eval_count").asInt()).isEqualTo(tokens);
    assertThat(json.get("prompt_eval_count").asInt()).isPositive();
    assertThat(json.get("prompt_eval_duration").asLong()).isPositive();
    assertThat(json.get("eval_duration").asLong()).isPositive();
    assertThat(json.get("load_duration").asLong()).isNotNegative();
    assertThat(json.get("total_duration").asLong())
        .isGreaterThanOrEqualTo(json.get("eval_duration").asLong());
  }

  @Test
  void anAnswerToAConversationFitsClientsOfBothKinds() throws Exception {
    Reply reply =
        http.post(
            "/api/chat",
            "{'model':'tiny'," + MESSAGES + ",'options':{'temperature':0,'num_predict':12}}");
    JsonNode json = reply.json();
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(reply.header("Content-Type")).isEqualTo("application/json");
    assertThat(json.get("message").get("role").asString()).isEqualTo("assistant");
    assertThat(json.get("message").get("content").asString()).isEqualTo(expected(12));
    assertFinished(json, 12);
    assertThat(Instant.parse(json.get("created_at").asString())).isBefore(Instant.now());
    assertThat(json.get("object").asString()).isEqualTo("chat.completion");
    assertThat(json.get("id").asString()).startsWith("chatcmpl-");
    assertThat(json.get("created").asLong()).isPositive();
    JsonNode choice = json.get("choices").get(0);
    assertThat(choice.get("message").get("content").asString()).isEqualTo(expected(12));
    assertThat(choice.get("finish_reason").asString()).isEqualTo("length");
    assertThat(json.get("usage").get("completion_tokens").asInt()).isEqualTo(12);
  }

  @Test
  void streamsLines() throws Exception {
    Reply reply =
        http.post(
            "/api/chat",
            "{'model':'tiny'," + MESSAGES + ",'temperature':0,'max_tokens':12,'stream':true}");
    assertThat(reply.header("Content-Type")).isEqualTo("application/x-ndjson");
    List<JsonNode> lines = reply.objects();
    assertThat(
            lines.stream()
                .map(line -> line.get("message").get("content").asString())
                .collect(Collectors.joining()))
        .isEqualTo(expected(12));
    assertThat(lines.subList(0, lines.size() - 1))
        .allMatch(line -> !line.get("done").asBoolean() && !line.has("eval_count"));
    assertThat(lines.getLast().get("message").get("content").asString()).isEmpty();
    assertFinished(lines.getLast(), 12);
  }

  @Test
  void streamsEventsIfTheyAreAskedFor() throws Exception {
    Reply reply =
        http.post(
            "/api/generate",
            "{'model':'plain','prompt':'once','temperature':0,'num_predict':5,'stream':true}",
            "Accept",
            "text/event-stream");
    assertThat(reply.header("Content-Type")).isEqualTo("text/event-stream");
    assertThat(reply.events().getLast().get("done").asBoolean()).isTrue();
    assertThat(reply.body()).doesNotContain("[DONE]");
  }

  @Test
  void generatesThroughTheTemplateUnlessItIsRaw() throws Exception {
    String wish = "'model':'tiny','prompt':'once upon','options':{'temperature':0,'num_predict':9}";
    JsonNode templated = http.post("/api/generate", "{" + wish + "}").json();
    assertThat(templated.get("response").asString()).isEqualTo(expected(9));
    assertFinished(templated, 9);
    JsonNode raw = http.post("/api/generate", "{" + wish + ",'raw':true}").json();
    assertThat(raw.get("response").asString())
        .isEqualTo(chat.generate("once upon").temperature(0).maxTokens(9).text());
    JsonNode system = http.post("/api/generate", "{" + wish + ",'system':'be kind'}").json();
    assertThat(system.get("response").asString())
        .isEqualTo(
            chat.chat(List.of(ChatMessage.system("be kind"), ChatMessage.user("once upon")))
                .temperature(0)
                .maxTokens(9)
                .text());
  }

  @Test
  void aModelWithoutTemplateGoesOnWithTheText() throws Exception {
    String wish = "'model':'plain','prompt':'once upon','temperature':0,'max_tokens':9";
    assertThat(http.post("/api/generate", "{" + wish + "}").json().get("response").asString())
        .isEqualTo(plain.generate("once upon").temperature(0).maxTokens(9).text());
  }

  @Test
  void optionsReachTheModel() throws Exception {
    Reply reply =
        http.post(
            "/api/generate",
            "{'model':'plain','prompt':'once','logprobs':true,'top_logprobs':2,'options':{"
                + "'seed':3,'temperature':1.2,'top_k':40,'top_p':0.8,'min_p':0.02,"
                + "'repeat_penalty':1.2,'presence_penalty':0.3,'frequency_penalty':0.1,"
                + "'num_predict':20,'num_ctx':4096,'stop':['zq']}}");
    assertThat(reply.json().get("response").asString())
        .isEqualTo(
            plain
                .generate("once")
                .seed(3)
                .temperature(1.2f)
                .topK(40)
                .topP(0.8f)
                .minP(0.02f)
                .repetitionPenalty(1.2f)
                .presencePenalty(0.3f)
                .frequencyPenalty(0.1f)
                .maxTokens(20)
                .stop("zq")
                .text());
    assertThat(reply.json().get("logprobs").get(0).get("top_logprobs")).hasSize(2);
    assertThat(reply.json().get("logprobs").get(0).get("token").asString()).isNotNull();
  }

  @Test
  void asManyTokensAsThereIsRoomFor() throws Exception {
    JsonNode json =
        http.post(
                "/api/generate",
                "{'model':'plain','prompt':'once','options':{'temperature':0,'num_predict':-1}}")
            .json();
    assertThat(json.get("prompt_eval_count").asInt() + json.get("eval_count").asInt())
        .isBetween(10, TinyModel.CONTEXT + 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'format':'json'",
        "'format':{'type':'object'}",
        "'images':['aGk=']",
        "'suffix':'x'",
        "'template':'{{x}}'",
        "'context':[1]",
        "'think':true",
        "'think':'high'",
        "'tools':[{}]",
        "'options':{'mirostat':1}",
        "'options':{'typical_p':0.5}",
        "'options':{'temperature':-1}",
        "'options':{'num_predict':-3}",
        "'options':[]",
        "'temperature':3",
        "'max_tokens':0"
      })
  void whatCannotBeDoneIsRefused(String field) throws Exception {
    Reply reply = http.post("/api/generate", "{'model':'tiny','prompt':'a'," + field + "}");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().get("error").isString()).isTrue();
    assertThat(reply.json().get("code").asInt()).isEqualTo(400);
    String name = field.substring(1, field.indexOf('\'', 1));
    assertThat(reply.json().get("error").asString()).contains(name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/generate | {'prompt':'a'} | 400 | Model name is required",
        "/api/generate | {'model':'tiny'} | 400 | Prompt is required",
        "/api/generate | {'model':'other','prompt':'a'} | 404 | Model not found: other",
        "/api/generate | {'model':'../etc/passwd','prompt':'a'} | 404 | Model not found",
        "/api/chat | {'model':'tiny'} | 400 | At least one message is required",
        "/api/chat | {'model':'tiny','messages':[{'role':'user','content':'x','images':['a']}]} |"
            + " 400 | images",
        "/api/show | {} | 400 | Model name is required",
        "/api/show | {'model':'other'} | 404 | Model not found: other",
        "/api/embed | {'model':'tiny','input':'a'} | 501 | Embeddings are not supported",
        "/api/embeddings | {'model':'tiny','prompt':'a'} | 501 | Embeddings are not supported",
        "/api/batch | {} | 400 | requests must be a list",
        "/api/batch | {'requests':[1]} | 400 | requests must be a list"
      })
  void errorsAreStrings(String path, String body, int status, String message) throws Exception {
    Reply reply = http.post(path, body);
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.json().get("error").asString()).contains(message);
    assertThat(reply.json().get("code").asInt()).isEqualTo(status);
  }

  @Test
  void longNamesAreNotRepeated() throws Exception {
    Reply reply = http.post("/api/show", "{'model':'" + "x".repeat(100_000) + "'}");
    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.body()).hasSizeLessThan(300);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/tags", "/api/models", "/api/ps"})
  void listsModels(String path) throws Exception {
    JsonNode models = http.get(path).json().get("models");
    assertThat(models).hasSize(2);
    JsonNode tiny = models.get(0);
    assertThat(tiny.get("name").asString()).isEqualTo("tiny");
    assertThat(tiny.get("model").asString()).isEqualTo("tiny");
    assertThat(tiny.get("digest").asString()).matches("sha256:[0-9a-f]{64}");
    assertThat(tiny.get("size").isNumber()).isTrue();
    assertThat(Instant.parse(tiny.get("modified_at").asString())).isBefore(Instant.now());
    assertThat(tiny.get("details").get("family").asString()).isEqualTo("llama");
    assertThat(tiny.get("details").get("families").get(0).asString()).isEqualTo("llama");
    assertThat(tiny.get("details").get("parameter_size").asString()).matches("[0-9.]+K");
    assertThat(tiny.get("details").get("quantization_level").asString()).isNotEmpty();
    assertThat(tiny.has("expires_at")).isEqualTo(path.equals("/api/ps"));
  }

  @Test
  void describesAModel() throws Exception {
    JsonNode one = http.get("/api/models/tiny%3Alatest").json();
    assertThat(one.get("name").asString()).isEqualTo("tiny");
    assertThat(one.get("model_info").get("general.architecture").asString()).isEqualTo("llama");
    assertThat(http.get("/api/models/other").status()).isEqualTo(404);
    JsonNode shown = http.post("/api/show", "{'model':'tiny'}").json();
    assertThat(shown.get("template").asString()).isEqualTo(TinyModel.TEMPLATE);
    assertThat(shown.get("model_info").get("llama.context_length").asInt())
        .isEqualTo(TinyModel.CONTEXT);
    assertThat(shown.get("capabilities").get(0).asString()).isEqualTo("completion");
    assertThat(http.post("/api/show", "{'name':'plain'}").json().get("template").asString())
        .isEmpty();
  }

  @Test
  void namesItsVersion() throws Exception {
    assertThat(http.get("/api/version").json().get("version").asString()).isNotEmpty();
  }

  @Test
  void aBatchHasAResultForEachPrompt() throws Exception {
    String options = "'options':{'temperature':0,'num_predict':6}";
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      requests
          .append("{'model':'plain','prompt':'once ")
          .append("a ".repeat(i))
          .append("',")
          .append(options)
          .append("},");
    }
    Reply reply =
        http.post(
            "/api/batch",
            "{'requests':["
                + requests
                + "{'model':'other','prompt':'a'},"
                + "{'model':'plain','prompt':'a','stream':true}]}");
    assertThat(reply.status()).isEqualTo(200);
    JsonNode results = reply.json().get("results");
    assertThat(results).hasSize(22);
    for (int i = 0; i < 20; i++) {
      JsonNode result = results.get(i);
      assertThat(result.get("index").asInt()).isEqualTo(i);
      assertThat(result.get("status").asInt()).isEqualTo(200);
      assertThat(result.get("body").get("response").asString())
          .isEqualTo(plain.generate("once " + "a ".repeat(i)).temperature(0).maxTokens(6).text());
    }
    assertThat(results.get(20).get("status").asInt()).isEqualTo(404);
    assertThat(results.get(20).get("body").get("error").asString()).contains("other");
    assertThat(results.get(21).get("body").get("error").asString()).contains("requests[21].stream");
    String many = "{'model':'plain','prompt':'a'},".repeat(65);
    assertThat(
            http.post("/api/batch", "{'requests':[" + many.substring(0, many.length() - 1) + "]}")
                .status())
        .isEqualTo(400);
  }
}
