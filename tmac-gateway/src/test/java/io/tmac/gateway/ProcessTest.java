package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.testing.Child;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Jwt;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.Until;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What only a process of its own shows: its death, its end, its log. */
class ProcessTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";
  private static final String PROMPT = "the-prompt-nobody-may-log";
  private static final String CHAT =
      "{'model':'slow','messages':[{'role':'user','content':'" + PROMPT + "'}]}";

  @TempDir private Path folder;

  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void prepare() {
    environment.put("JWT_SECRET", SECRET);
    environment.put("GATEWAY_PORT", "0");
    environment.put("GATEWAY_DATA", folder.resolve("data").toString());
    environment.put("LOG_LEVEL", "DEBUG");
  }

  /** Like the command line, but with models that need no file. */
  public static final class Program {
    private Program() {}

    /** Starts a gateway and tells where it is. */
    public static void main(String[] arguments) throws Exception {
      System.setProperty("tmac.log.level", System.getenv("LOG_LEVEL"));
      GatewaySettings settings = GatewaySettings.fromEnvironment(System.getenv());
      ScriptedModel slow = new ScriptedModel("slow", 10, Duration.ofMillis(100), i -> "word ");
      ScriptedModel broken =
          new ScriptedModel(
              "broken",
              3,
              Duration.ZERO,
              i -> {
                throw new IllegalStateException("a bug");
              });
      Gateway gateway = Gateway.builder().settings(settings).serve(slow).serve(broken).start();
      Main.stopOnSignal(gateway, settings.get(Setting.DRAIN), new CountDownLatch(1));
      System.out.println("admin " + gateway.newAdminKey().orElse(""));
      System.out.println("port " + gateway.address().getPort());
      Thread.sleep(Duration.ofMinutes(5));
    }
  }

  private Child start() throws IOException {
    return Child.start(Program.class, environment, folder.resolve("errors.txt"));
  }

  private static Http http(Child child) throws IOException {
    int port = Integer.parseInt(child.lineAfter("port "));
    return new Http(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private static String[] bearer(String key) {
    return new String[] {"Authorization", "Bearer " + key};
  }

  /** The key that a client has seen survives, whenever the process dies. */
  @ParameterizedTest
  @ValueSource(ints = {1, 13, 40})
  void noAcknowledgedKeyIsLostByAKill(int after) throws Exception {
    List<String> acknowledged = new ArrayList<>();
    String admin;
    try (Child child = start()) {
      admin = child.lineAfter("admin ");
      Http http = http(child);
      Thread maker =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (int i = 0; ; i++) {
                    Http.Reply reply =
                        http.post("/api/keys", "{'name':'key " + i + "'}", bearer(admin));
                    synchronized (acknowledged) {
                      acknowledged.add(reply.json().get("key").asString());
                    }
                  }
                } catch (IOException | InterruptedException e) {
                  // The process is dead.
                }
              });
      Until.holds(() -> {
        synchronized (acknowledged) {
          return acknowledged.size() >= after;
        }
      });
      child.kill();
      child.exitCode();
      maker.join();
    }
    try (Child child = start()) {
      assertThat(child.lineAfter("admin ")).isEmpty();
      Http http = http(child);
      for (String key : acknowledged) {
        assertThat(http.get("/v1/models", bearer(key)).status()).isEqualTo(200);
      }
      assertThat(http.get("/api/keys", bearer(admin)).status()).isEqualTo(200);
      assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(after);
    }
  }

  @Test
  void sigtermLetsAnswersEndAndKeepsStatistics() throws Exception {
    String admin;
    try (Child child = start()) {
      admin = child.lineAfter("admin ");
      Http http = http(child);
      CompletableFuture<Http.Reply> running =
          CompletableFuture.supplyAsync(() -> {
            try {
              return http.post("/v1/chat/completions", CHAT, bearer(admin));
            } catch (IOException | InterruptedException e) {
              throw new AssertionError(e);
            }
          });
      Until.holds(() ->
          http.get("/api/stats", bearer(admin))
                  .json()
                  .get("rate_limit_usage")
                  .get("running")
                  .asInt()
              == 2);
      child.terminate();
      Until.holds(() -> http.get("/ready").status() == 503);
      assertThat(http.post("/v1/chat/completions", CHAT, bearer(admin)).status()).isEqualTo(503);
      assertThat(running.get().status()).isEqualTo(200);
      assertThat(child.exitCode()).isEqualTo(143);
    }
    try (Child child = start()) {
      Http http = http(child);
      assertThat(http.get("/api/stats", bearer(admin)).json().get("total_tokens").asInt())
          .isEqualTo(17);
    }
  }

  @Test
  void aSecondProcessOnTheSameDataSaysSo() throws Exception {
    try (Child first = start()) {
      first.lineAfter("port ");
      Map<String, String> same = new HashMap<>(environment);
      same.put("MODEL_PATH", folder.resolve("errors.txt").toString());
      try (Child second = Child.start(Main.class, same, folder.resolve("second.txt"))) {
        assertThat(second.exitCode()).isEqualTo(2);
        assertThat(second.errors())
            .startsWith("error: The database jdbc:h2:file:")
            .endsWith("is in use by another gateway; give this one another GATEWAY_DATA");
      }
    }
  }

  /** Everything that must not leak is planted, and everything that comes out is searched. */
  @Test
  void secretsAndPromptsAreInNoLogAndNoError() throws Exception {
    List<String> said = new ArrayList<>();
    List<String> planted = new ArrayList<>(List.of(SECRET, PROMPT));
    String log;
    String audited;
    try (Child child = start()) {
      String admin = child.lineAfter("admin ");
      Http http = http(child);
      JsonNode made = http.post("/api/keys", "{'name':'ada'}", bearer(admin)).json();
      String key = made.get("key").asString();
      audited = made.get("id").asString();
      String token = Jwt.sign(SECRET, "grace", "user");
      String wrongToken = Jwt.sign("another secret of 32 bytes, or more", "eve", "admin");
      String wrongKey = "tmac-" + "Q7".repeat(16);
      planted.addAll(List.of(admin, key, token, wrongToken, wrongKey));
      String[] forged = {"User-Agent", "planted-agent"};
      for (String credential : List.of(key, token, wrongToken, wrongKey)) {
        for (Http.Reply reply :
            List.of(
                http.post("/v1/chat/completions", CHAT, bearer(credential)),
                http.post(
                    "/v1/chat/completions", CHAT.replace("slow", "broken"), bearer(credential)),
                http.post("/api/generate", "{'model':5,'prompt':'" + PROMPT, bearer(credential)),
                http.get("/api/keys", bearer(credential)),
                http.get("/nowhere?key=" + key, bearer(credential)),
                http.send("DELETE", "/api/keys/" + wrongKey, null, bearer(credential)),
                http.get("/health", forged))) {
          said.add(reply.body());
        }
      }
      said.add(http.get("/api/keys", bearer(admin)).body());
      said.add(http.get("/api/admin/stats", bearer(admin)).body());
      String metrics = http.get("/metrics", bearer(admin)).body();
      assertThat(metrics).contains("# TYPE");
      said.add(metrics);
      said.add(http.get("/api/admin/stats/users", bearer(admin)).body());
      http.raw(
          "GET /%0a{\"level\":\"ERROR\",\"forged\":true} HTTP/1.1\nHost: localhost\n"
              + "Authorization: Bearer "
              + key
              + "\nConnection: close\n\n");
      http.raw(
          "F\u001b[31m /forged%0d%0aline HTTP/1.1\nHost: localhost\nUser-Agent: a\\nforged\n"
              + "Connection: close\n\n");
      child.terminate();
      child.exitCode();
      log = child.errors();
    }
    for (String secret : planted) {
      assertThat(log).doesNotContain(secret);
      assertThat(said).noneMatch(text -> text.contains(secret));
    }
    assertThat(log).doesNotContain("planted-agent", "forged", "\u001b");
    List<JsonNode> lines =
        log.lines().map(line -> (JsonNode) new JsonMapper().readTree(line)).toList();
    assertThat(lines)
        .anyMatch(line ->
            line.get("loggerName").asString().equals("io.tmac.gateway.access")
                && line.toString().contains("/v1/chat/completions")
                && line.toString().contains("sub:grace"))
        .anyMatch(line ->
            line.get("loggerName").asString().equals("io.tmac.gateway.audit")
                && line.toString().contains("create-key")
                && line.toString().contains(audited))
        .anyMatch(line -> line.get("level").asString().equals("ERROR"));
    assertThat(said).noneMatch(text -> text.contains("IllegalStateException"));
  }
}
