package io.tmac.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ChatMessage;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.gateway.Gateway;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class OpenAiTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "'messages':[{'role':'user','content':'once upon'}]";
  private static Model model;
  private static Gateway gateway;
  private static Http http;

  @BeforeAll
  static void start() throws IOException {
    model = TinyModel.chat();
    gateway =
        Gateway.builder()
            .model("tiny", model)
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .start();
    http = new Http(gateway.address());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    model.close();
  }

  private static GenerationRequest direct() {
    return model.chat(List.of(ChatMessage.user("once upon"))).temperature(0);
  }

  private static String body(String more) {
    return "{'model':'tiny','temperature':0," + MESSAGES + more + "}";
  }

  private static JsonNode choice(Reply reply) {
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return reply.json().get("choices").get(0);
  }

  private static String text(Reply reply) {
    return choice(reply).get("message").get("content").asString();
  }

  private static String streamed(Reply reply, int index) {
    return reply.events().stream()
        .filter(event -> event.has("choices") && !event.get("choices").isEmpty())
        .map(event -> event.get("choices").get(0))
        .filter(choice -> choice.get("index").asInt() == index)
        .map(choice -> choice.get("delta").path("content").asString(""))
        .collect(Collectors.joining());
  }

  @Test
  void answersAConversation() throws Exception {
    Generation expected = direct().maxTokens(24).result();
    Reply reply = http.post(CHAT, body(",'max_completion_tokens':24,'max_tokens':3"));
    JsonNode json = reply.json();
    assertThat(json.get("id").asString()).matches("chatcmpl-[0-9a-f]{24}");
    assertThat(json.get("object").asString()).isEqualTo("chat.completion");
    assertThat(json.get("created").asLong())
        .isBetween(System.currentTimeMillis() / 1000 - 60, System.currentTimeMillis() / 1000);
    assertThat(json.get("model").asString()).isEqualTo("tiny");
    assertThat(json.get("system_fingerprint").asString()).matches("fp_[0-9a-f]{12}");
    assertThat(choice(reply).get("message").get("role").asString()).isEqualTo("assistant");
    assertThat(text(reply)).isEqualTo(expected.text());
    assertThat(choice(reply).get("finish_reason").asString()).isEqualTo("length");
    assertThat(choice(reply).get("logprobs").isNull()).isTrue();
    JsonNode usage = json.get("usage");
    assertThat(usage.get("prompt_tokens").asInt()).isEqualTo(expected.promptTokens());
    assertThat(usage.get("completion_tokens").asInt()).isEqualTo(24);
    assertThat(usage.get("total_tokens").asInt()).isEqualTo(expected.promptTokens() + 24);
    Reply again = http.post(CHAT, body(",'max_tokens':24"));
    assertThat(text(again)).isEqualTo(expected.text());
    assertThat(again.json().get("usage").get("prompt_tokens_details").get("cached_tokens").asInt())
        .isBetween(1, expected.promptTokens() - 1);
  }

  @Test
  void streamsTheSameText() throws Exception {
    Reply reply =
        http.post(
            CHAT, body(",'max_tokens':24,'stream':true,'stream_options':{'include_usage':true}"));
    assertThat(reply.header("Content-Type")).isEqualTo("text/event-stream");
    assertThat(reply.lines().getLast()).isEqualTo("data: [DONE]");
    List<JsonNode> events = reply.events();
    assertThat(events)
        .allSatisfy(event -> {
          assertThat(event.get("id")).isEqualTo(events.getFirst().get("id"));
          assertThat(event.get("created")).isEqualTo(events.getFirst().get("created"));
          assertThat(event.get("object").asString()).isEqualTo("chat.completion.chunk");
          assertThat(event.get("model").asString()).isEqualTo("tiny");
        });
    JsonNode first = events.getFirst().get("choices").get(0);
    assertThat(first.get("delta").toString())
        .isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
    assertThat(first.get("finish_reason").isNull()).isTrue();
    assertThat(events.getFirst().get("usage").isNull()).isTrue();
    JsonNode finish = events.get(events.size() - 2).get("choices").get(0);
    assertThat(finish.get("delta").isEmpty()).isTrue();
    assertThat(finish.get("finish_reason").asString()).isEqualTo("length");
    JsonNode usage = events.getLast();
    assertThat(usage.get("choices").isEmpty()).isTrue();
    assertThat(usage.get("usage").get("completion_tokens").asInt()).isEqualTo(24);
    assertThat(streamed(reply, 0)).isEqualTo(direct().maxTokens(24).text());
    Reply without = http.post(CHAT, body(",'max_tokens':4,'stream':true"));
    assertThat(without.events()).noneMatch(event -> event.has("usage"));
    assertThat(without.events()).noneMatch(event -> event.get("choices").isEmpty());
  }

  @Test
  void severalAnswersHaveTheirOwnSeeds() throws Exception {
    String wish = "'model':'tiny'," + MESSAGES + ",'max_tokens':12,'seed':5,'n':3";
    Reply reply = http.post(CHAT, "{" + wish + "}");
    List<String> texts =
        reply
            .json()
            .get("choices")
            .valueStream()
            .map(choice -> choice.get("message").get("content").asString())
            .toList();
    assertThat(texts).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(reply.json().get("choices").get(i).get("index").asInt()).isEqualTo(i);
      assertThat(texts.get(i))
          .isEqualTo(
              model.chat(List.of(ChatMessage.user("once upon"))).maxTokens(12).seed(5 + i).text());
    }
    assertThat(reply.json().get("usage").get("completion_tokens").asInt()).isLessThanOrEqualTo(36);
    Reply stream = http.post(CHAT, "{" + wish + ",'stream':true}");
    for (int i = 0; i < 3; i++) {
      assertThat(streamed(stream, i)).isEqualTo(texts.get(i));
    }
  }

  @Test
  void logprobsAreThoseOfTheTextsTokens() throws Exception {
    Reply reply = http.post(CHAT, body(",'max_tokens':8,'logprobs':true,'top_logprobs':2"));
    JsonNode content = choice(reply).get("logprobs").get("content");
    assertThat(content).hasSize(8);
    Generation expected = direct().maxTokens(8).logprobs(2).result();
    for (int i = 0; i < 8; i++) {
      JsonNode token = content.get(i);
      assertThat((float) token.get("logprob").asDouble())
          .isEqualTo(expected.logprobs().get(i).chosen().logprob());
      assertThat(token.get("top_logprobs")).hasSize(2);
      assertThat(token.get("top_logprobs").get(0).get("token")).isEqualTo(token.get("token"));
      assertThat(token.get("bytes")).isNotEmpty();
    }
    Reply stream =
        http.post(CHAT, body(",'max_tokens':8,'logprobs':true,'top_logprobs':2,'stream':true"));
    long tokens =
        stream.events().stream()
            .mapToInt(e -> e.get("choices").get(0).path("logprobs").path("content").size())
            .sum();
    assertThat(tokens).isEqualTo(8);
  }

  @Test
  void stopStringsAreNeverSent() throws Exception {
    String text = direct().maxTokens(40).text();
    String stop = text.substring(12, 14);
    String expected = text.substring(0, text.indexOf(stop));
    String quoted = new tools.jackson.databind.json.JsonMapper().writeValueAsString(stop);
    String wish = body(",'max_tokens':40,'stop':STOP").replace('\'', '"').replace("STOP", quoted);
    Reply reply = http.send("POST", CHAT, wish);
    assertThat(text(reply)).isEqualTo(expected);
    assertThat(choice(reply).get("finish_reason").asString()).isEqualTo("stop");
    Reply stream =
        http.send("POST", CHAT, wish.replace("\"temperature\"", "\"stream\":true,\"temperature\""));
    assertThat(streamed(stream, 0)).isEqualTo(expected);
  }

  @Test
  void contentMayComeInParts() throws Exception {
    Reply reply =
        http.post(
            CHAT,
            "{'model':'tiny:latest','temperature':0,'max_tokens':8,'messages':[{'role':'developer','content':'be"
                + " kind'},"
                + "{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}]}");
    assertThat(text(reply))
        .isEqualTo(
            model
                .chat(List.of(ChatMessage.system("be kind"), ChatMessage.user("a\nb")))
                .temperature(0)
                .maxTokens(8)
                .text());
  }

  @Test
  void goesOnWithTexts() throws Exception {
    Reply reply =
        http.post(
            "/v1/completions",
            "{'model':'tiny','prompt':['once upon','the sun'],'temperature':0,'max_tokens':10,"
                + "'logprobs':1}");
    JsonNode json = reply.json();
    assertThat(json.get("object").asString()).isEqualTo("text_completion");
    assertThat(json.get("id").asString()).startsWith("cmpl-");
    assertThat(json.get("choices")).hasSize(2);
    List<String> prompts = List.of("once upon", "the sun");
    for (int i = 0; i < 2; i++) {
      JsonNode choice = json.get("choices").get(i);
      assertThat(choice.get("index").asInt()).isEqualTo(i);
      assertThat(choice.get("text").asString())
          .isEqualTo(model.generate(prompts.get(i)).temperature(0).maxTokens(10).text());
      JsonNode logprobs = choice.get("logprobs");
      for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
        assertThat(logprobs.get(list)).hasSize(10);
      }
      assertThat(logprobs.get("text_offset").get(1).asInt())
          .isEqualTo(logprobs.get("tokens").get(0).asString().length());
    }
    Reply stream =
        http.post(
            "/v1/completions",
            "{'model':'tiny','prompt':'once upon','temperature':0,'max_tokens':10,'stream':true}");
    String text =
        stream.events().stream()
            .map(event -> event.get("choices").get(0).get("text").asString())
            .collect(Collectors.joining());
    assertThat(text).isEqualTo(json.get("choices").get(0).get("text").asString());
    assertThat(stream.lines().getLast()).isEqualTo("data: [DONE]");
  }

  @Test
  void biasForcesAToken() throws Exception {
    int token = 3 + 'x';
    Reply reply = http.post(CHAT, body(",'max_tokens':5,'logit_bias':{'" + token + "':100}"));
    assertThat(text(reply)).isEqualTo("xxxxx");
  }

  @Test
  void listsModels() throws Exception {
    JsonNode list = http.get("/v1/models").json();
    assertThat(list.get("object").asString()).isEqualTo("list");
    JsonNode model = list.get("data").get(0);
    assertThat(model.get("id").asString()).isEqualTo("tiny");
    assertThat(model.get("object").asString()).isEqualTo("model");
    assertThat(model.get("owned_by").asString()).isEqualTo("tmac");
    assertThat(model.get("created").asLong()).isPositive();
    assertThat(model.get("context_length").asInt()).isEqualTo(TinyModel.CONTEXT);
    assertThat(http.get("/v1/models/tiny").json()).isEqualTo(model);
    Reply missing = http.get("/v1/models/other");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.json().get("error").get("code").asString()).isEqualTo("model_not_found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'messages':[]} | Model name is required",
        "{'model':'tiny'} | At least one message is required",
        "{'model':'tiny','messages':[]} | At least one message is required",
        "{'model':'tiny','messages':'hi'} | messages must be a list",
        "{'model':'tiny','messages':[{'content':'x'}]} | Every message needs a role",
        "{'model':'tiny','messages':[{'role':'king','content':'x'}]} | messages[0].role must be",
        "{'model':'tiny','messages':[{'role':'user'}]} | messages[0].content must be a string",
        "{'model':'tiny','messages':[{'role':'user','content':1}]} | messages[0].content must be",
        "{'model':'tiny','messages':[{'role':'tool','content':'x'}]} | tools are not supported",
        "{'model':'tiny','messages':[{'role':'user','content':[{'type':'image_url'}]}]} | text"
            + " only, not image_url",
        "{'model':'tiny','messages':[{'role':'assistant','tool_calls':[{}]}]} | tools are not"
            + " supported"
      })
  void wrongConversationsAreExplained(String body, String message) throws Exception {
    Reply reply = http.post(CHAT, body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().get("error").get("message").asString()).contains(message);
    assertThat(reply.json().get("error").get("type").asString()).isEqualTo("invalid_request_error");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'temperature':2.1 | temperature",
        "'temperature':1e999 | temperature",
        "'top_p':1.5 | top_p",
        "'max_tokens':0 | max_tokens",
        "'max_tokens':128001 | max_tokens",
        "'max_completion_tokens':-1 | max_completion_tokens",
        "'n':0 | n",
        "'n':9 | n",
        "'stop':[1] | stop",
        "'stop':'' | stop",
        "'presence_penalty':3 | presence_penalty",
        "'frequency_penalty':-3 | frequency_penalty",
        "'seed':1.5 | seed",
        "'top_logprobs':3 | top_logprobs",
        "'logprobs':true,'top_logprobs':21 | top_logprobs",
        "'logit_bias':{'a':1} | logit_bias",
        "'logit_bias':{'1':101} | logit_bias.1",
        "'logit_bias':{'99999':1} | logit_bias",
        "'stream':'yes' | stream",
        "'tools':[{'type':'function'}] | tools",
        "'functions':[{}] | functions",
        "'tool_choice':'required' | tool_choice",
        "'tool_choice':{'type':'function'} | tool_choice",
        "'response_format':{'type':'json_object'} | response_format.type",
        "'response_format':{'type':'json_schema','json_schema':{}} | response_format.type",
        "'modalities':['text','audio'] | modalities",
        "'audio':{'voice':'x'} | audio",
        "'web_search_options':{'a':1} | web_search_options",
        "'reasoning_effort':'high' | reasoning_effort"
      })
  void wrongAndUnsupportedFieldsAreNamed(String field, String param) throws Exception {
    Reply reply = http.post(CHAT, "{'model':'tiny'," + MESSAGES + "," + field + "}");
    assertThat(reply.status()).isEqualTo(400);
    JsonNode error = reply.json().get("error");
    assertThat(error.get("param").asString()).isEqualTo(param);
    assertThat(error.get("message").asString()).isNotEmpty();
  }

  @Test
  void wishesThatChangeNothingAreFine() throws Exception {
    Reply reply =
        http.post(
            CHAT,
            body(
                ",'max_tokens':2,'tools':[],'tool_choice':'auto','response_format':{'type':'text'},"
                    + "'modalities':['text'],'functions':null,'user':'u','store':false,"
                    + "'metadata':{},'something_new':1,'n':1,'logprobs':false,'logit_bias':{}"));
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'tiny'} | Prompt is required",
        "{'model':'tiny','prompt':[1,2]} | token ids are not supported",
        "{'model':'tiny','prompt':[[1,2]]} | token ids are not supported",
        "{'model':'tiny','prompt':'a','echo':true} | echo",
        "{'model':'tiny','prompt':'a','suffix':'b'} | suffix",
        "{'model':'tiny','prompt':'a','best_of':2} | best_of",
        "{'model':'tiny','prompt':['a','b'],'n':5} | at most 8 answers"
      })
  void wrongCompletionsAreExplained(String body, String message) throws Exception {
    Reply reply = http.post("/v1/completions", body);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().get("error").get("message").asString()).contains(message);
  }

  @Test
  void aPromptThatIsTooLongSaysHowLong() throws Exception {
    Reply reply =
        http.post(
            CHAT,
            "{'model':'tiny','stream':true,'messages':[{'role':'user','content':'"
                + "x".repeat(1000)
                + "'}]}");
    assertThat(reply.status()).isEqualTo(400);
    JsonNode error = reply.json().get("error");
    assertThat(error.get("code").asString()).isEqualTo("context_length_exceeded");
    assertThat(error.get("message").asString())
        .contains(String.valueOf(TinyModel.CONTEXT))
        .contains(
            String.valueOf(model.chat(List.of(ChatMessage.user("x".repeat(1000)))).promptTokens()));
  }

  @Test
  void embeddingsAreNotThere() throws Exception {
    Reply reply = http.post("/v1/embeddings", "{'model':'tiny','input':'a'}");
    assertThat(reply.status()).isEqualTo(501);
    assertThat(reply.json().get("error").get("message").asString())
        .isEqualTo("Embeddings are not supported by this server");
    assertThat(reply.header("x-should-retry")).isEqualTo("false");
  }

  @Test
  void unpairedSurrogatesAreJustText() throws Exception {
    Reply reply =
        http.post(
            CHAT,
            "{'model':'tiny','max_tokens':2,'messages':[{'role':'user','content':'\\ud800"
                + " \\u0000'}]}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
  }

  @Test
  void theFingerprintIsThatOfTheModel() throws Exception {
    String digest = http.get("/api/tags").json().get("models").get(0).get("digest").asString();
    String fingerprint =
        http.post(CHAT, body(",'max_tokens':1")).json().get("system_fingerprint").asString();
    assertThat(Map.of("fp", fingerprint))
        .containsEntry("fp", "fp_" + digest.substring("sha256:".length(), 7 + 12));
  }
}
