package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Jwt;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.TinyModel;
import io.tmac.gateway.testing.Until;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code /metrics} tells, and whom. */
class MetricsTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";

  @TempDir private Path folder;

  private static Gateway.Builder open() {
    return Gateway.builder()
        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .heartbeat(Duration.ofMillis(50));
  }

  /** The value of a series; -1 if it is not there. */
  private static double value(String metrics, String series) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(-1);
  }

  /**
   * The metrics once they know of so many calls: one counts a moment after its reply is there.
   * Reads of the metrics do not count here.
   */
  private static String metrics(Http http, int calls) throws Exception {
    Until.holds(() -> calls(http.get("/metrics").body()) == calls);
    Thread.sleep(50); // A call changes several numbers.
    return http.get("/metrics").body();
  }

  private static double calls(String metrics) {
    return metrics
        .lines()
        .filter(line -> line.startsWith("tmac_requests_total{") && !line.contains("/metrics"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void requestsAndTokensAreCounted() throws Exception {
    try (Model model = TinyModel.chat();
        Gateway gateway = open().model("tiny", model).start()) {
      Http http = new Http(gateway.address());
      String body =
          "{'model':'tiny','messages':[{'role':'user','content':'the sun'}],"
              + "'max_tokens':5,'temperature':0,'stream':true}";
      var usage = http.post("/v1/chat/completions", body.replace(",'stream':true", "")).json();
      http.post("/v1/chat/completions", body);
      http.get("/v1/models/secret-name-of-a-client");
      String metrics = metrics(http, 3);
      Http.Reply reply = http.get("/metrics");
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("Content-Type")).startsWith("text/plain; version=0.0.4");
      assertThat(
              value(
                  metrics,
                  "tmac_requests_total{method=\"POST\",route=\"/v1/chat/completions\","
                      + "status=\"200\"}"))
          .isEqualTo(2);
      assertThat(
              value(
                  metrics,
                  "tmac_requests_total{method=\"GET\",route=\"/v1/models/{id}\",status=\"404\"}"))
          .isEqualTo(1);
      assertThat(value(metrics, "tmac_refused_total{reason=\"model_not_found\"}")).isEqualTo(1);
      int prompt = usage.path("usage").path("prompt_tokens").intValue();
      int written = usage.path("usage").path("completion_tokens").intValue();
      assertThat(value(metrics, "tmac_prompt_tokens_total{model=\"tiny\"}")).isEqualTo(2 * prompt);
      assertThat(value(metrics, "tmac_generated_tokens_total{model=\"tiny\"}"))
          .isEqualTo(2 * written);
      assertThat(value(metrics, "tmac_cached_tokens_total{model=\"tiny\"}")).isPositive();
      assertThat(value(metrics, "tmac_time_to_first_token_seconds_count{model=\"tiny\"}"))
          .isEqualTo(2);
      assertThat(value(metrics, "tmac_queue_wait_seconds_count{model=\"tiny\"}")).isEqualTo(2);
      assertThat(value(metrics, "tmac_inter_token_seconds_count{model=\"tiny\"}"))
          .isBetween(2.0, 2.0 * written);
      assertThat(value(metrics, "tmac_slots{model=\"tiny\"}")).isPositive();
      assertThat(value(metrics, "tmac_slots_busy{model=\"tiny\"}")).isZero();
      assertThat(value(metrics, "tmac_queue_depth{model=\"tiny\"}")).isZero();
      assertThat(value(metrics, "tmac_kv_cache_bytes{model=\"tiny\"}")).isPositive();
      assertThat(value(metrics, "tmac_forward_passes_total{model=\"tiny\"}")).isPositive();
      assertThat(value(metrics, "tmac_model_ready{model=\"tiny\"}")).isEqualTo(1);
      assertThat(metrics).contains("jvm_memory_used_bytes").doesNotContain("secret-name");
    }
  }

  /** Whatever clients invent, the number of series stays. */
  @Test
  void labelsHaveFewValues() throws Exception {
    try (Gateway gateway =
        open().serve(new ScriptedModel("m", 1, Duration.ZERO, i -> "x")).start()) {
      Http http = new Http(gateway.address());
      http.get("/nowhere/0");
      http.get("/v1/models/0");
      http.send("PATCH", "/nowhere/0", "{}");
      http.post("/v1/chat/completions", "{'model':'none-0','messages':[]}");
      long before = series(metrics(http, 4));
      for (int i = 1; i < 20; i++) {
        http.get("/nowhere/" + i);
        http.get("/v1/models/" + i);
        http.send("METHOD" + i, "/nowhere/" + i, "{}");
        http.post("/v1/chat/completions", "{'model':'none-" + i + "','messages':[]}");
      }
      assertThat(series(metrics(http, 80))).isEqualTo(before);
    }
  }

  private static long series(String metrics) {
    return metrics.lines().filter(line -> line.startsWith("tmac_")).count();
  }

  @Test
  void clientsThatGoAwayAreCounted() throws Exception {
    ScriptedModel slow = new ScriptedModel("slow", 1000, Duration.ofMillis(20), i -> "x");
    try (Gateway gateway = open().serve(slow).start()) {
      Http http = new Http(gateway.address());
      String body = "{\"model\":\"slow\",\"prompt\":\"a\",\"stream\":true}";
      try (Socket socket = http.connect()) {
        Http.send(
            socket,
            "POST /v1/completions HTTP/1.1\nHost: localhost\nContent-Length: "
                + body.length()
                + "\n\n"
                + body);
        Http.readUntil(socket, "data: ");
        assertThat(value(http.get("/metrics").body(), "tmac_requests_running")).isEqualTo(1);
      }
      Until.holds(
          () -> value(http.get("/metrics").body(), "tmac_cancelled_total{model=\"slow\"}") == 1);
    }
  }

  @Test
  void failuresHaveReasons() throws Exception {
    ScriptedModel full = new ScriptedModel("full", 1, Duration.ZERO, i -> "x");
    full.refusal = ApiError.of(503, "Too many").withCode("queue_full");
    try (Gateway gateway = open().serve(full).start()) {
      Http http = new Http(gateway.address());
      http.post("/v1/completions", "{'model':'full','prompt':'a'}");
      full.refusal = ApiError.of(502, "It says what it likes").withCode("a code of a stranger");
      http.post("/v1/completions", "{'model':'full','prompt':'a'}");
      String metrics = metrics(http, 2);
      assertThat(value(metrics, "tmac_refused_total{reason=\"queue_full\"}")).isEqualTo(1);
      assertThat(value(metrics, "tmac_refused_total{reason=\"status_502\"}")).isEqualTo(1);
    }
  }

  @Test
  void onlyAdministratorsReadThemUnlessTheyArePublic() throws Exception {
    for (boolean shown : new boolean[] {false, true}) {
      GatewaySettings settings =
          GatewaySettings.builder()
              .set(Setting.JWT_SECRET, SECRET)
              .set(Setting.PORT, 0)
              .set(Setting.METRICS_PUBLIC, shown)
              .set(Setting.DATA, folder.resolve("data").toString())
              .build();
      try (Gateway gateway =
          Gateway.builder()
              .settings(settings)
              .serve(new ScriptedModel("m", 1, Duration.ZERO, i -> "x"))
              .start()) {
        Http http = new Http(gateway.address());
        String user = "Bearer " + Jwt.sign(SECRET, "somebody", "user");
        String admin = "Bearer " + Jwt.sign(SECRET, "somebody", "admin");
        assertThat(http.get("/metrics").status()).isEqualTo(shown ? 200 : 401);
        assertThat(http.get("/metrics", "Authorization", user).status())
            .isEqualTo(shown ? 200 : 403);
        Http.Reply reply = http.get("/metrics", "Authorization", admin);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).doesNotContain("somebody").doesNotContain(SECRET);
      }
    }
  }
}
