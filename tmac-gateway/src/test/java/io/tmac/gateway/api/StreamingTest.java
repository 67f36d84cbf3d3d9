package io.tmac.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.http.Router;
import io.tmac.gateway.http.WebServer;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Streams of models whose pace is known. */
class StreamingTest {
  private static final Duration HEARTBEAT = Duration.ofMillis(100);
  private static final Duration PROMPT = Duration.ofMillis(450);
  private static final String CHAT = "/v1/chat/completions";

  private record End(long prompt, long cached, long generated, long first, Throwable error) {}

  private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();
  private final AtomicLong counted = new AtomicLong();
  private WebServer server;
  private Http http;

  private void start(ServedModel... served) throws IOException {
    Models models = new Models(Arrays.asList(served));
    ApiOptions options = new ApiOptions(100, Duration.ofMinutes(1), HEARTBEAT);
    List<Route> routes = new ArrayList<>(new OpenAi(models, options).routes());
    routes.addAll(new Ollama(models, options).routes());
    server =
        WebServer.start(
            new WebServer.Options(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                Set.of(),
                100_000,
                Duration.ofSeconds(5)),
            new Router(routes),
            this::admit,
            List.of((call, error) ->
                ends.add(
                    new End(
                        call.promptTokens(),
                        call.cachedTokens(),
                        call.generatedTokens(),
                        call.firstTokenNanos(),
                        error))));
    http = new Http(server.address());
  }

  private Guard.Admission admit(Call call) {
    return new Guard.Admission() {
      @Override
      public Principal principal() {
        return Principal.NOBODY;
      }

      @Override
      public void countTokens(long tokens) {
        counted.addAndGet(tokens);
      }

      @Override
      public void close() {
        // It holds nothing.
      }
    };
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static ScriptedModel fast(int pieces) {
    return new ScriptedModel("m", pieces, Duration.ZERO, i -> "w" + i + " ");
  }

  private static String chat(String more) {
    return "{'model':'m','messages':[{'role':'user','content':'a'}]" + more + "}";
  }

  @Test
  void saysThatItIsThereWhileThePromptIsRead() throws Exception {
    start(new ScriptedModel("m", 1, PROMPT, i -> "x"));
    Reply sse = http.post(CHAT, chat(",'stream':true"));
    assertThat(sse.lines().stream().filter(": ping"::equals).count()).isBetween(2L, 4L);
    assertThat(sse.events().get(1).get("choices").get(0).get("delta").get("content").asString())
        .isEqualTo("x");
    Reply ndjson = http.post("/api/chat", chat(",'stream':true"));
    assertThat(
            ndjson.objects().stream()
                .filter(line -> line.get("message").get("content").asString().isEmpty())
                .filter(line -> !line.get("done").asBoolean())
                .count())
        .isBetween(2L, 4L);
  }

  @Test
  void saysSoTooWhilePiecesAreEmpty() throws Exception {
    start(new ScriptedModel("m", 45, Duration.ofMillis(10), i -> i == 44 ? "x" : ""));
    Reply sse = http.post(CHAT, chat(",'stream':true"));
    assertThat(sse.lines().stream().filter(": ping"::equals).count()).isBetween(2L, 6L);
    assertThat(sse.events()).hasSize(3);
  }

  @Test
  void stopsWithinTwoTokensWhenTheClientGoes() throws Exception {
    ScriptedModel model = new ScriptedModel("m", 2000, Duration.ofMillis(20), i -> "w" + i + " ");
    start(model);
    for (String path : List.of(CHAT, "/api/chat")) {
      int before;
      try (Socket socket = http.connect()) {
        String body = chat(",'stream':true").replace('\'', '"');
        Http.send(
            socket,
            "POST "
                + path
                + " HTTP/1.1\nHost: localhost\nContent-Length: "
                + body.length()
                + "\n\n"
                + body);
        Http.readUntil(socket, "w5 ");
        before = model.taken.get();
      }
      End end = ends.poll(5, TimeUnit.SECONDS);
      assertThat(end).isNotNull();
      assertThat(end.error()).isInstanceOf(IOException.class);
      // The one under way, and the two whose writing tells.
      assertThat(model.taken.get() - before).isLessThanOrEqualTo(3);
      assertThat(end.generated()).isBetween(6L, 10L);
    }
    assertThat(model.closed.get()).isEqualTo(2);
  }

  @Test
  void stopsWhenTheClientGoesWhileThePromptIsRead() throws Exception {
    ScriptedModel model = new ScriptedModel("m", 10, Duration.ofSeconds(60), i -> "x");
    start(model);
    try (Socket socket = http.connect()) {
      String body = chat(",'stream':true").replace('\'', '"');
      Http.send(
          socket,
          "POST "
              + CHAT
              + " HTTP/1.1\nHost: localhost\nContent-Length: "
              + body.length()
              + "\n\n"
              + body);
      Http.readUntil(socket, "assistant");
    }
    assertThat(ends.poll(3, TimeUnit.SECONDS)).isNotNull();
    assertThat(model.closed.get()).isEqualTo(1);
    assertThat(model.taken.get()).isZero();
  }

  @Test
  void anErrorAfterTheBeginningIsAnEvent() throws Exception {
    ScriptedModel model = fast(5);
    model.failure = ApiError.of(504, "took too long").withCode("deadline_exceeded");
    start(model);
    Reply sse = http.post(CHAT, chat(",'stream':true"));
    assertThat(sse.status()).isEqualTo(200);
    JsonNode last = sse.events().getLast();
    assertThat(last.get("error").get("message").asString()).isEqualTo("took too long");
    assertThat(last.get("error").get("code").asString()).isEqualTo("deadline_exceeded");
    assertThat(sse.body()).doesNotContain("[DONE]");
    End end = ends.poll(5, TimeUnit.SECONDS);
    assertThat(end.error()).isInstanceOf(ApiError.class);
    assertThat(end.generated()).isEqualTo(1);
    Reply ndjson = http.post("/api/chat", chat(",'stream':true"));
    assertThat(ndjson.objects().getLast().get("error").asString()).isEqualTo("took too long");
    Reply whole = http.post(CHAT, chat(""));
    assertThat(whole.status()).isEqualTo(504);
    assertThat(model.closed.get()).isEqualTo(3);
  }

  @Test
  void anErrorBeforeTheBeginningIsAStatus() throws Exception {
    ScriptedModel model = fast(5);
    model.refusal = ApiError.of(503, "full").withCode("queue_full").retryAfter(5);
    start(model);
    Reply reply = http.post(CHAT, chat(",'stream':true"));
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.header("Retry-After")).isEqualTo("5");
    assertThat(reply.json().get("error").get("code").asString()).isEqualTo("queue_full");
  }

  @Test
  void countsTokensForLimitsAndStatistics() throws Exception {
    start(fast(5));
    http.post(CHAT, chat(",'stream':true"));
    End end = ends.poll(5, TimeUnit.SECONDS);
    assertThat(end)
        .extracting(End::prompt, End::cached, End::generated)
        .containsExactly(7L, 3L, 5L);
    assertThat(end.first()).isPositive();
    assertThat(counted.get()).isEqualTo(12);
    http.post(CHAT, chat(",'n':2"));
    end = ends.poll(5, TimeUnit.SECONDS);
    assertThat(end)
        .extracting(End::prompt, End::cached, End::generated)
        .containsExactly(7L, 3L, 10L);
    assertThat(counted.get()).isEqualTo(29);
  }

  @Test
  void defaultsAreThoseOfTheGateway() throws Exception {
    ScriptedModel model = fast(1);
    start(model);
    http.post(CHAT, chat(""));
    assertThat(model.job.maxTokens()).hasValue(100);
    assertThat(model.job.deadline()).isEqualTo(Duration.ofMinutes(1));
    assertThat(model.job.sampling()).isEqualTo(io.tmac.gateway.engine.Job.Sampling.DEFAULT);
    assertThat(model.job.seed()).isEmpty();
    assertThat(model.job.logprobs()).isEmpty();
    assertThat(model.job.stops()).isEmpty();
  }

  @Test
  void severalAnswersShareAStreamEvenIfOneIsSlow() throws Exception {
    start(new ScriptedModel("m", 3, Duration.ofMillis(50), i -> "w" + i + " "));
    Reply reply = http.post(CHAT, chat(",'stream':true,'n':3"));
    for (int index = 0; index < 3; index++) {
      int wanted = index;
      List<JsonNode> own =
          reply.events().stream()
              .map(event -> event.get("choices").get(0))
              .filter(choice -> choice.get("index").asInt() == wanted)
              .toList();
      assertThat(own).hasSize(5);
      assertThat(own.getLast().get("finish_reason").asString()).isEqualTo("stop");
    }
  }
}
