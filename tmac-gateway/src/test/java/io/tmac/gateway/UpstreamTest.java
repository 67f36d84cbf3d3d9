package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.tmac.Model;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.TinyModel;
import io.tmac.gateway.testing.Until;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway in front of other servers: another gateway, and some that misbehave. */
class UpstreamTest {
  private static final InetSocketAddress LOCAL =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @TempDir private Path folder;

  private Model model;
  private ScriptedModel scripted;
  private Gateway back;
  private Gateway front;
  private Http direct;
  private Http http;

  @BeforeEach
  void start() throws Exception {
    model = TinyModel.chat();
    scripted = new ScriptedModel("scripted", 1000, Duration.ofMillis(10), i -> "x ");
    back = Gateway.builder().model("tiny", model).serve(scripted).address(LOCAL).start();
    URI url = URI.create("http://localhost:" + back.address().getPort() + "/v1");
    front =
        Gateway.builder()
            .upstream("far", url, "tiny", "")
            .upstream("far-scripted", URI.create(url + "/"), "scripted", "")
            .upstream("far-unknown", url, "nothing", "")
            .address(LOCAL)
            .upstreamCheck(Duration.ofMillis(100))
            .deadline(Duration.ofSeconds(5))
            .heartbeat(Duration.ofMillis(100))
            .start();
    front.awaitReady();
    direct = new Http(back.address());
    http = new Http(front.address());
  }

  @AfterEach
  void stop() {
    front.close();
    back.close();
    model.close();
  }

  private static String ask(String model, String more) {
    return "{'model':'"
        + model
        + "','messages':[{'role':'user','content':'the sun'}],'max_tokens':12,'temperature':0"
        + more
        + "}";
  }

  @Test
  void answersAreThoseOfTheOtherServer() throws Exception {
    var far = http.post("/v1/chat/completions", ask("far", ",'logprobs':true,'top_logprobs':2"));
    var near =
        direct.post("/v1/chat/completions", ask("tiny", ",'logprobs':true,'top_logprobs':2"));
    assertThat(far.status()).as(far.body()).isEqualTo(200);
    assertThat(far.json().path("model").asString()).isEqualTo("far");
    assertThat(far.json().path("choices")).isEqualTo(near.json().path("choices"));
    for (String count : List.of("prompt_tokens", "completion_tokens", "total_tokens")) {
      assertThat(far.json().path("usage").path(count))
          .isEqualTo(near.json().path("usage").path(count));
    }
    String prompt = "','prompt':'once upon','max_tokens':9,'temperature':0,'logprobs':1}";
    far = http.post("/v1/completions", "{'model':'far" + prompt);
    near = direct.post("/v1/completions", "{'model':'tiny" + prompt);
    assertThat(far.json().path("choices").path(0).path("text"))
        .isEqualTo(near.json().path("choices").path(0).path("text"));
    assertThat(far.json().path("choices").path(0).path("logprobs").path("token_logprobs"))
        .isEqualTo(near.json().path("choices").path(0).path("logprobs").path("token_logprobs"));
  }

  @Test
  void streamsPassThrough() throws Exception {
    var events = http.post("/v1/chat/completions", ask("far", ",'stream':true")).events();
    StringBuilder text = new StringBuilder();
    events.forEach(
        e -> text.append(e.path("choices").path(0).path("delta").path("content").asString("")));
    var near = direct.post("/v1/chat/completions", ask("tiny", ""));
    assertThat(text.toString())
        .isEqualTo(near.json().path("choices").path(0).path("message").path("content").asString());
    assertThat(events.getLast().path("choices").path(0).path("finish_reason"))
        .isEqualTo(near.json().path("choices").path(0).path("finish_reason"));
    assertThat(
            http.post("/api/chat", ask("far", ",'options':{'num_predict':3}"))
                .json()
                .path("eval_count")
                .intValue())
        .isEqualTo(3);
  }

  @Test
  void aClientThatGoesStopsTheOtherServer() throws Exception {
    String body = ask("far-scripted", ",'stream':true").replace('\'', '"');
    try (Socket socket = http.connect()) {
      Http.send(
          socket,
          "POST /v1/chat/completions HTTP/1.1\nHost: localhost\nContent-Length: "
              + body.length()
              + "\n\n"
              + body);
      Http.readUntil(socket, "x ");
    }
    Until.holds(() -> scripted.closed.get() == 1);
    assertThat(scripted.taken.get()).isLessThan(500);
  }

  @Test
  void mistakesOfTheClientStayMistakes() throws Exception {
    String long256 = "the sun ".repeat(300);
    var reply = http.post("/v1/completions", "{'model':'far','prompt':'" + long256 + "'}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    assertThat(reply.json().path("error").path("code").asString())
        .isEqualTo("context_length_exceeded");
    assertThat(http.post("/api/chat", ask("far", ",'options':{'repeat_last_n':5}")).status())
        .isEqualTo(400);
  }

  @Test
  void troubleOfTheOtherServerIsNamed() throws Exception {
    scripted.refusal = ApiError.of(503, "Full").withCode("queue_full").retryAfter(7);
    var busy = http.post("/v1/chat/completions", ask("far-scripted", ""));
    assertThat(busy.status()).isEqualTo(503);
    assertThat(busy.header("Retry-After")).isEqualTo("7");
    assertThat(busy.json().path("error").path("code").asString()).isEqualTo("upstream_busy");
    scripted.refusal = null;
    scripted.failure = ApiError.of(500, "secret details");
    var failed = http.post("/v1/chat/completions", ask("far-scripted", ""));
    assertThat(failed.status()).isEqualTo(502);
    assertThat(failed.body()).contains("upstream_error").doesNotContain("secret details");
    assertThat(http.post("/v1/chat/completions", ask("far-unknown", "")).status()).isEqualTo(502);
    back.close();
    var gone = http.post("/v1/chat/completions", ask("far", ""));
    assertThat(gone.status()).isEqualTo(502);
    assertThat(gone.body()).contains("upstream_unavailable");
  }

  @Test
  void itsStateIsWatched() throws Exception {
    var health = http.get("/health").json();
    assertThat(health.path("models").path("far").booleanValue()).isTrue();
    assertThat(health.path("models").path("far-unknown").booleanValue()).isFalse();
    assertThat(http.get("/ready").status()).isEqualTo(200);
    assertThat(http.get("/v1/models/far").json().path("context_length").intValue())
        .isEqualTo(TinyModel.CONTEXT);
    back.close();
    Until.holds(() -> http.get("/ready").status() == 503);
  }

  @Test
  void answersThatAreNoneAreNotBelieved() throws Exception {
    List<String> replies =
        List.of(
            "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n",
            "data: no json\n\n",
            "<html>",
            "data: " + "[".repeat(1000) + "\n\n",
            "data: {\"error\":\"secret details\"}\n\n");
    HttpServer server = HttpServer.create(LOCAL, 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    CompletableFuture<String> key = new CompletableFuture<>();
    server.createContext(
        "/",
        exchange -> {
          byte[] sent = exchange.getRequestBody().readAllBytes();
          key.complete(exchange.getRequestHeaders().getFirst("Authorization"));
          if (exchange.getRequestURI().getPath().startsWith("/hangs")) {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().flush();
            return; // Never closed.
          }
          String number = exchange.getRequestURI().getPath().replaceAll("[^0-9]", "");
          if (sent.length == 0 || number.isEmpty()) {
            exchange.getResponseHeaders().set("Location", "http://localhost:1/");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
            return;
          }
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(replies.get(Integer.parseInt(number)).getBytes(StandardCharsets.UTF_8));
          }
        });
    server.start();
    String url = "http://localhost:" + server.getAddress().getPort();
    Path list = folder.resolve("models.json");
    StringBuilder models = new StringBuilder("{\"models\":[");
    for (int i = 0; i < replies.size(); i++) {
      models.append("{\"id\":\"m%d\",\"url\":\"%s/%d\"},".formatted(i, url, i));
    }
    models.append("{\"id\":\"hangs\",\"url\":\"" + url + "/hangs\"},");
    models.append("{\"id\":\"moved\",\"url\":\"" + url + "\",\"key_env\":\"FAR_KEY\"}]}");
    Files.writeString(list, models);
    GatewaySettings settings =
        GatewaySettings.builder()
            .set(Setting.NO_AUTH, true)
            .set(Setting.PORT, 0)
            .set(Setting.MODELS, list.toString())
            .set(Setting.DEADLINE, Duration.ofSeconds(1))
            .build();
    assertThatThrownBy(() -> Gateway.builder().environment(name -> null).settings(settings))
        .hasMessageContaining("FAR_KEY");
    try (Gateway gateway =
        Gateway.builder()
            .environment(name -> name.equals("FAR_KEY") ? "key-of-the-far" : null)
            .settings(settings)
            .start()) {
      Http client = new Http(gateway.address());
      for (int i = 0; i < replies.size(); i++) {
        var reply = client.post("/v1/chat/completions", ask("m" + i, ""));
        assertThat(reply.status()).as(reply.body()).isEqualTo(502);
        assertThat(reply.body()).doesNotContain("secret").doesNotContain(url);
      }
      assertThat(client.post("/v1/chat/completions", ask("moved", "")).status()).isEqualTo(502);
      assertThat(client.post("/v1/chat/completions", ask("hangs", "")).status()).isEqualTo(504);
      assertThat(key).isCompleted();
    } finally {
      server.stop(0);
    }
  }
}
