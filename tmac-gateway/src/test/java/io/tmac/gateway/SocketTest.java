package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ChatMessage;
import io.tmac.Model;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Jwt;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.TinyModel;
import io.tmac.gateway.testing.Until;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chats over WebSocket: keys, streams, cancelling, and what is refused. */
class SocketTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;

  private Model model;
  private ScriptedModel slow;
  private ScriptedModel broken;
  private Gateway gateway;
  private Http http;
  private String admin;

  @BeforeEach
  void start() throws IOException {
    model = TinyModel.chat();
    slow = new ScriptedModel("slow", 500, Duration.ofMillis(20), i -> "piece ");
    broken = new ScriptedModel("broken", 5, Duration.ZERO, i -> "x");
    broken.failure = ApiError.of(504, "took too long").withCode("deadline_exceeded");
    gateway =
        Gateway.builder()
            .settings(
                GatewaySettings.builder()
                    .set(Setting.JWT_SECRET, SECRET)
                    .set(Setting.PORT, 0)
                    .set(Setting.WS_PORT, 0)
                    .set(Setting.MAX_BODY, 4096)
                    .set(Setting.CORS_ORIGINS, Set.of("https://app.example"))
                    .set(Setting.DATA, folder.resolve("data").toString())
                    .build())
            .model("tiny", model)
            .serve(slow)
            .serve(broken)
            .start();
    http = new Http(gateway.address());
    admin = gateway.newAdminKey().orElseThrow();
  }

  @AfterEach
  void stop() {
    gateway.close();
    model.close();
  }

  /** A client that keeps what it hears. */
  private static final class Client implements WebSocket.Listener {
    final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();
    WebSocket socket;

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        heard.add(part.toString());
        part.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      heard.add("{\"type\":\"closed\",\"code\":" + code + "}");
      return null;
    }

    void send(String json) {
      socket.sendText(json.replace('\'', '"'), true).join();
    }

    JsonNode next() throws InterruptedException {
      String message = heard.poll(20, TimeUnit.SECONDS);
      assertThat(message).as("a message").isNotNull();
      return JSON.readTree(message);
    }

    /** The message after all pieces of text. */
    JsonNode last(StringBuilder text) throws InterruptedException {
      JsonNode message = next();
      while (message.path("type").asString().equals("delta")) {
        text.append(message.path("content").asString());
        message = next();
      }
      return message;
    }
  }

  private Client connect(String... headers) {
    Client client = new Client();
    WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    URI uri = URI.create("ws://localhost:" + gateway.socketPort().orElseThrow() + "/");
    client.socket = builder.buildAsync(uri, client).join();
    return client;
  }

  private Client login() throws InterruptedException {
    Client client = connect();
    client.send("{'type':'auth','key':'" + admin + "'}");
    JsonNode ready = client.next();
    assertThat(ready.path("type").asString()).as(ready.toString()).isEqualTo("ready");
    assertThat(ready.path("models").valueStream().map(JsonNode::asString))
        .containsExactly("tiny", "slow", "broken");
    return client;
  }

  private static String chat(String model) {
    return "{'type':'chat','model':'"
        + model
        + "','messages':[{'role':'user','content':'the sun'}],'max_tokens':12,'temperature':0}";
  }

  @Test
  void chatsAreWhatTheModelSays() throws Exception {
    String expected =
        model.chat(List.of(ChatMessage.user("the sun"))).temperature(0).maxTokens(12).text();
    Client client = login();
    for (int i = 0; i < 2; i++) {
      client.send(chat("tiny"));
      StringBuilder text = new StringBuilder();
      JsonNode done = client.last(text);
      assertThat(done.path("type").asString()).as(done.toString()).isEqualTo("done");
      assertThat(text.toString()).isEqualTo(expected);
      assertThat(done.path("finish_reason").asString()).isIn("stop", "length");
      assertThat(done.path("usage").path("completion_tokens").intValue()).isPositive();
    }
    String bearer = "Bearer " + admin;
    // A call counts a moment after its reply is there.
    Until.holds(() ->
        http.get("/metrics", "Authorization", bearer)
            .body()
            .contains("route=\"/v1/chat/completions\",status=\"200\"} 2"));
    Until.holds(() ->
        http.get("/api/stats", "Authorization", bearer).json().path("total_requests").asInt() >= 3);
  }

  @Test
  void nobodyChatsWithoutAKey() throws Exception {
    Client silent = connect();
    silent.send(chat("tiny"));
    assertThat(silent.next().path("status").intValue()).isEqualTo(401);
    assertThat(silent.next().path("code").intValue()).isEqualTo(1008);
    Client wrong = connect();
    wrong.send("{'type':'auth','key':'tmac-00000000000000000000000000000000'}");
    JsonNode error = wrong.next();
    assertThat(error.path("status").intValue()).isEqualTo(401);
    assertThat(error.path("error").path("code").asString()).isEqualTo("invalid_api_key");
    assertThat(wrong.next().path("type").asString()).isEqualTo("closed");
    Client token = connect();
    token.send("{'type':'auth','key':'" + Jwt.sign(SECRET, "someone", "user") + "'}");
    assertThat(token.next().path("type").asString()).isEqualTo("ready");
  }

  @Test
  void aRevokedKeyChatsNoMore() throws Exception {
    JsonNode made =
        http.post("/api/keys", "{'name':'short'}", "Authorization", "Bearer " + admin).json();
    Client client = connect();
    client.send("{'type':'auth','key':'" + made.path("key").asString() + "'}");
    assertThat(client.next().path("type").asString()).isEqualTo("ready");
    http.send(
        "DELETE",
        "/api/keys/" + made.path("id").asString(),
        null,
        "Authorization",
        "Bearer " + admin);
    client.send(chat("tiny"));
    assertThat(client.next().path("status").intValue()).isEqualTo(401);
  }

  @Test
  void anAnswerCanBeCancelled() throws Exception {
    Client client = login();
    client.send(chat("slow"));
    assertThat(client.next().path("type").asString()).isEqualTo("delta");
    client.send(chat("tiny"));
    JsonNode message = client.last(new StringBuilder());
    assertThat(message.path("status").intValue()).as(message.toString()).isEqualTo(409);
    client.send("{'type':'cancel'}");
    message = client.last(new StringBuilder());
    assertThat(message.path("type").asString()).isEqualTo("cancelled");
    assertThat(slow.closed.get()).isEqualTo(1);
    assertThat(slow.taken.get()).isLessThan(400);
    client.send(chat("tiny"));
    assertThat(client.last(new StringBuilder()).path("type").asString()).isEqualTo("done");
  }

  @Test
  void aClientThatGoesStopsItsAnswer() throws Exception {
    Client client = login();
    client.send(chat("slow"));
    client.next();
    client.socket.abort();
    Until.holds(() -> slow.closed.get() == 1);
    assertThat(slow.taken.get()).isLessThan(100);
  }

  @Test
  void mistakesAreTold() throws Exception {
    Client client = login();
    for (String message :
        List.of("nonsense", "{'type':'other'}", "[]", chat("tiny").replace(":0}", ":9}"))) {
      client.send(message);
      assertThat(client.next().path("status").intValue()).as(message).isEqualTo(400);
    }
    client.send(chat("none"));
    assertThat(client.next().path("error").path("code").asString()).isEqualTo("model_not_found");
    client.send(chat("broken"));
    assertThat(client.last(new StringBuilder()).path("error").path("code").asString())
        .isEqualTo("deadline_exceeded");
    client.send("{'type':'chat','x':'" + "x".repeat(10_000) + "'}");
    JsonNode closed = client.next();
    assertThat(closed.path("code").intValue()).as(closed.toString()).isEqualTo(1009);
  }

  @Test
  void pagesOfStrangersMayNotConnect() {
    assertThatThrownBy(() -> connect("Origin", "https://evil.example"))
        .isInstanceOf(CompletionException.class);
    connect("Origin", "https://app.example").socket.abort();
  }
}
