package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.Jwt;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.Until;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Keys, roles, limits and statistics as clients see them. */
class SecurityTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";
  private static final String CHAT =
      "{'model':'small','messages':[{'role':'user','content':'Hello'}]}";

  @TempDir private Path folder;

  private ScriptedModel slow;
  private Gateway gateway;
  private Http http;
  private String admin;

  @BeforeEach
  void start() throws IOException {
    start(settings());
  }

  private GatewaySettings.Builder settings() {
    return GatewaySettings.builder()
        .set(Setting.JWT_SECRET, SECRET)
        .set(Setting.PORT, 0)
        .set(Setting.DATA, folder.resolve("data").toString());
  }

  private void start(GatewaySettings.Builder settings) throws IOException {
    slow = new ScriptedModel("slow", 3, Duration.ofMillis(300), i -> "piece ");
    gateway =
        Gateway.builder()
            .settings(settings.build())
            .serve(new ScriptedModel("small", 2, Duration.ZERO, i -> "piece "))
            .serve(slow)
            .start();
    http = new Http(gateway.address());
    admin = gateway.newAdminKey().orElse(admin);
  }

  private void restart(GatewaySettings.Builder settings) throws IOException {
    gateway.close();
    start(settings);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static String[] bearer(String key) {
    return new String[] {"Authorization", "Bearer " + key};
  }

  private JsonNode make(String fields) throws Exception {
    Reply reply = http.post("/api/keys", "{" + fields + "}", bearer(admin));
    assertThat(reply.status()).as(reply.body()).isEqualTo(201);
    return reply.json();
  }

  private String userKey(String name) throws Exception {
    return make("'name':'" + name + "'").get("key").asString();
  }

  @Test
  void theFirstAdministratorsKeyIsMadeOnce() throws Exception {
    assertThat(admin).matches("tmac-[A-Za-z0-9]{32}");
    assertThat(http.get("/api/keys", bearer(admin)).json().get("total").asInt()).isEqualTo(1);
    gateway.close();
    start(settings());
    assertThat(gateway.newAdminKey()).isEmpty();
    assertThat(http.get("/api/keys", bearer(admin)).status()).isEqualTo(200);
  }

  @Test
  void aKeyIsShownInFullOnce() throws Exception {
    JsonNode made = make("'name':'ada','rate_limit':7,'parallel_limit':2,'tokens_per_minute':900");
    String key = made.get("key").asString();
    assertThat(made.get("role").asString()).isEqualTo("user");
    assertThat(made.get("rate_limit").asInt()).isEqualTo(7);
    assertThat(made.get("is_active").asBoolean()).isTrue();
    Reply list = http.get("/api/keys", bearer(admin));
    assertThat(list.body()).doesNotContain(key).contains(key.substring(0, 12) + "...");
    JsonNode listed = list.json().get("keys").get(1);
    assertThat(listed.get("id")).isEqualTo(made.get("id"));
    assertThat(listed.get("tokens_per_minute").asInt()).isEqualTo(900);
    assertThat(
            http.get("/api/keys/" + made.get("id").asString() + "/reveal", bearer(admin)).status())
        .isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'name':''}",
        "{'name':'   '}",
        "{'name':5}",
        "{'name':'a\\nb'}",
        "{'name':'<script>'}",
        "{'name':'x','role':'root'}",
        "{'name':'x','role':['admin']}",
        "{'name':'x','rate_limit':0}",
        "{'name':'x','rate_limit':-5}",
        "{'name':'x','rate_limit':1e999}",
        "{'name':'x','rate_limit':100001}",
        "{'name':'x','rate_limit':'many'}",
        "{'name':'x','parallel_limit':-1}",
        "{'name':'x','expires_at':'tomorrow'}",
        "{'name':'x','expires_at':'2001-01-01T00:00:00Z'}",
        "{'name':'x','expires_at':'+999999999-01-01T00:00:00Z'}",
        "{'name':'x','models':['other']}",
        "{'name':'x','name':'y'}",
        "{'name':'default-admin'}",
        "[]",
        ""
      })
  void refusesWrongOrders(String body) throws Exception {
    Reply reply = http.post("/api/keys", body, bearer(admin));
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    assertThat(http.get("/api/keys", bearer(admin)).json().get("total").asInt()).isEqualTo(1);
  }

  @Test
  void aRevokedOrExpiredKeyGetsTheSameAnswerAsAnUnknownOne() throws Exception {
    JsonNode ada = make("'name':'ada'");
    String expires = Instant.now().plusMillis(700).toString();
    String brief = make("'name':'brief','expires_at':'" + expires + "'").get("key").asString();
    assertThat(http.get("/v1/models", bearer(brief)).status()).isEqualTo(200);
    assertThat(http.get("/v1/models", bearer(ada.get("key").asString())).status()).isEqualTo(200);
    Reply gone = http.send("DELETE", "/api/keys/" + ada.get("id").asString(), null, bearer(admin));
    assertThat(gone.json().get("message").asString()).isEqualTo("API key revoked successfully");
    Reply revoked = http.get("/v1/models", bearer(ada.get("key").asString()));
    Reply unknown = http.get("/v1/models", bearer("tmac-" + "x".repeat(32)));
    assertThat(revoked.status()).isEqualTo(401);
    assertThat(revoked.body()).isEqualTo(unknown.body());
    assertThat(unknown.header("WWW-Authenticate")).isEqualTo("Bearer");
    assertThat(unknown.json().get("error").get("code").asString()).isEqualTo("invalid_api_key");
    Until.holds(() -> http.get("/v1/models", bearer(brief)).status() == 401);
    assertThat(http.get("/v1/models", bearer(brief)).body()).isEqualTo(unknown.body());
  }

  @Test
  void theLastAdministratorCannotBeRevoked() throws Exception {
    String id = http.get("/api/keys", bearer(admin)).json().get("keys").get(0).get("id").asString();
    assertThat(http.send("DELETE", "/api/keys/" + id, null, bearer(admin)).status()).isEqualTo(409);
    assertThat(
            http.send("DELETE", "/api/keys/" + admin.substring(0, 12), null, bearer(admin))
                .status())
        .isEqualTo(409);
    assertThat(http.send("DELETE", "/api/keys/key-nobody", null, bearer(admin)).status())
        .isEqualTo(404);
  }

  @Test
  void readsCredentialsStrictly() throws Exception {
    String key = userKey("ada");
    assertThat(http.get("/v1/models", "Authorization", "Bearer " + key).status()).isEqualTo(200);
    assertThat(http.get("/v1/models", "x-api-key", key).status()).isEqualTo(200);
    for (String wrong :
        List.of(
            "bearer " + key,
            "Bearer  " + key,
            key,
            "Basic " + key,
            "Bearer",
            "Bearer " + key + "x",
            "Bearer " + key.substring(0, 36),
            "Bearer tmac-*",
            "Token " + key)) {
      assertThat(http.get("/v1/models", "Authorization", wrong).status()).as(wrong).isEqualTo(401);
    }
    assertThat(http.get("/v1/models").json().get("error").get("message").asString())
        .isEqualTo("Missing Authorization header");
    assertThat(
            http.get(
                    "/v1/models",
                    "Authorization",
                    "Bearer " + key,
                    "Authorization",
                    "Bearer " + key)
                .status())
        .isEqualTo(400);
    assertThat(http.get("/v1/models", "Authorization", "Bearer " + key, "x-api-key", key).status())
        .isEqualTo(400);
    assertThat(http.get("/v1/models?api_key=" + key).status()).isEqualTo(401);
    assertThat(http.get("/nowhere").status()).isEqualTo(401);
    assertThat(http.get("/nowhere", bearer(key)).status()).isEqualTo(404);
  }

  private List<Route> routes(Access access) {
    return gateway.routes().stream().filter(route -> route.access() == access).toList();
  }

  private Reply call(Route route, String... headers) throws Exception {
    String path = route.path().replaceAll("\\{.*}", "nothing");
    return http.send(route.method(), path, route.method().equals("POST") ? "{}" : null, headers);
  }

  @Test
  void everyRouteAsksForWhatItNeeds() throws Exception {
    String user = userKey("ada");
    String token = Jwt.sign(SECRET, "eve", "user");
    String foreign = Jwt.sign("another secret of 32 bytes, or more", "eve", "admin");
    assertThat(routes(Access.ADMIN)).hasSizeGreaterThanOrEqualTo(5);
    for (Route route : routes(Access.ADMIN)) {
      assertThat(call(route).status()).as(route.path()).isEqualTo(401);
      assertThat(call(route, bearer(foreign)).status()).as(route.path()).isEqualTo(401);
      for (String nobody : List.of(user, token)) {
        Reply reply = call(route, bearer(nobody));
        assertThat(reply.status()).as(route.path()).isEqualTo(403);
        assertThat(reply.body()).contains("Admin access required");
      }
      for (String somebody : List.of(admin, Jwt.sign(SECRET, "root", "admin"))) {
        assertThat(call(route, bearer(somebody)).status())
            .as(route.path())
            .isNotIn(401, 403, 405, 429, 500);
      }
    }
    for (Route route : routes(Access.USER)) {
      assertThat(call(route).status()).as(route.path()).isEqualTo(401);
      assertThat(call(route, bearer(user)).status()).as(route.path()).isNotIn(401, 403, 405, 429);
    }
    for (Route route : routes(Access.PUBLIC)) {
      assertThat(call(route).status()).as(route.path()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api//keys",
        "/api/keys/",
        "/api/./keys",
        "/api/x/../keys",
        "/api/%6beys",
        "/api/keys%2f",
        "/API/keys",
        "/api/keys;x=1",
        "/api/keys%00",
        "//api/keys",
        "/v1/models/../../api/keys"
      })
  void pathTricksGiveAUserNothing(String path) throws Exception {
    String user = userKey("ada");
    String reply =
        http.raw(
            "GET "
                + path
                + " HTTP/1.1\nHost: localhost\nAuthorization: Bearer "
                + user
                + "\nConnection: close\n\n");
    assertThat(reply).doesNotContain("\"keys\"", "200 OK");
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"})
  void theMethodCannotBeOverridden(String header) throws Exception {
    Reply reply =
        http.send(
            "GET", "/api/keys/key-x", null, "Authorization", "Bearer " + admin, header, "DELETE");
    assertThat(reply.status()).isEqualTo(405);
  }

  @Test
  void aUserCannotGiveItselfMore() throws Exception {
    String user = userKey("ada");
    Reply reply =
        http.post(
            "/v1/chat/completions",
            "{'model':'small','role':'admin','rate_limit':9999,"
                + "'messages':[{'role':'user','content':'x'}]}",
            bearer(user));
    assertThat(reply.header("X-RateLimit-Limit")).isEqualTo("100");
    assertThat(http.get("/api/keys", bearer(user)).status()).isEqualTo(403);
  }

  @Test
  void tooManyRequestsAreToldWhenToComeBack() throws Exception {
    String key = make("'name':'ada','rate_limit':3").get("key").asString();
    for (int i = 2; i >= 0; i--) {
      Reply reply = http.get("/v1/models", bearer(key));
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("X-RateLimit-Remaining")).isEqualTo(Integer.toString(i));
      assertThat(reply.header("x-ratelimit-remaining-requests")).isEqualTo(Integer.toString(i));
      assertThat(reply.header("x-ratelimit-reset-requests")).isEqualTo("1h0m0s");
      assertThat(Long.parseLong(reply.header("X-RateLimit-Reset")))
          .isBetween(Instant.now().getEpochSecond() + 3590, Instant.now().getEpochSecond() + 3602);
    }
    Reply refused = http.get("/v1/models", bearer(key));
    assertThat(refused.status()).isEqualTo(429);
    assertThat(Long.parseLong(refused.header("Retry-After"))).isBetween(3590L, 3600L);
    assertThat(refused.json().get("error").get("code").asString()).isEqualTo("rate_limit_exceeded");
    Reply flat = http.get("/api/tags", bearer(key));
    assertThat(flat.json().get("error").asString()).isEqualTo("Rate limit exceeded");
    assertThat(flat.json().get("code").asInt()).isEqualTo(429);
    assertThat(flat.json().get("details").asString()).startsWith("Retry after ");
    assertThat(http.get("/health").status()).isEqualTo(200);
  }

  @Test
  void parallelCallsAreLimitedAndOneAfterTheOtherIsNot() throws Exception {
    String key = make("'name':'ada','parallel_limit':1").get("key").asString();
    String body = CHAT.replace("small", "slow");
    CompletableFuture<Reply> first =
        CompletableFuture.supplyAsync(() -> {
          try {
            return http.post("/v1/chat/completions", body, bearer(key));
          } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    Until.holds(() -> slow.job != null);
    assertThat(http.post("/v1/chat/completions", CHAT, bearer(key)).status()).isEqualTo(429);
    assertThat(first.get().status()).isEqualTo(200);
    for (int i = 0; i < 30; i++) {
      assertThat(http.post("/v1/chat/completions", CHAT, bearer(key)).status()).isEqualTo(200);
    }
  }

  @Test
  void tokensPerMinuteAreLimited() throws Exception {
    String key = make("'name':'ada','tokens_per_minute':15").get("key").asString();
    Reply first = http.post("/v1/chat/completions", CHAT, bearer(key));
    assertThat(first.header("x-ratelimit-remaining-tokens")).isEqualTo("15");
    assertThat(http.post("/v1/chat/completions", CHAT, bearer(key)).status()).isEqualTo(200);
    Reply refused = http.post("/v1/chat/completions", CHAT, bearer(key));
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("x-ratelimit-remaining-tokens")).isEqualTo("0");
    assertThat(Long.parseLong(refused.header("Retry-After"))).isBetween(1L, 61L);
  }

  @Test
  void aKeyMayBeRestrictedToModels() throws Exception {
    String key = make("'name':'ada','models':['small']").get("key").asString();
    assertThat(http.post("/v1/chat/completions", CHAT, bearer(key)).status()).isEqualTo(200);
    String other = CHAT.replace("small", "slow");
    for (String path : List.of("/v1/chat/completions", "/api/chat")) {
      assertThat(http.post(path, other, bearer(key)).status()).as(path).isEqualTo(403);
    }
    Reply batch =
        http.post("/api/batch", "{'requests':[{'model':'slow','prompt':'x'}]}", bearer(key));
    assertThat(batch.json().get("results").get(0).get("status").asInt()).isEqualTo(403);
    assertThat(slow.job).isNull();
  }

  @Test
  void failedLoginsSlowAnAddressDown() throws Exception {
    String user = userKey("ada");
    restart(settings().set(Setting.LOGIN_FAILURES, 5));
    for (int i = 0; i < 5; i++) {
      assertThat(http.get("/v1/models", bearer("tmac-" + "y".repeat(32))).status()).isEqualTo(401);
    }
    Reply refused = http.get("/v1/models", bearer("tmac-" + "y".repeat(32)));
    assertThat(refused.status()).isEqualTo(429);
    assertThat(Long.parseLong(refused.header("Retry-After"))).isBetween(1L, 60L);
    assertThat(http.get("/v1/models", bearer(user)).status()).isEqualTo(429);
    assertThat(http.get("/health").status()).isEqualTo(200);
  }

  @Test
  void nobodySeesAnothersStatistics() throws Exception {
    String ada = userKey("ada");
    String bob = userKey("bob");
    String token = Jwt.sign(SECRET, "ada", "user");
    for (int i = 0; i < 3; i++) {
      http.post("/v1/chat/completions", CHAT, bearer(ada));
    }
    Until.holds(() -> http.get("/api/stats", bearer(ada)).json().get("total_tokens").asInt() == 27);
    JsonNode mine = http.get("/api/stats", bearer(ada)).json();
    assertThat(mine.get("api_key").asString()).isEqualTo(ada.substring(0, 12) + "...");
    assertThat(mine.get("rate_limit_usage").get("requests_made").asInt()).isGreaterThan(3);
    for (String other : List.of(bob, token)) {
      assertThat(http.get("/api/stats", bearer(other)).json().get("total_tokens").asInt()).isZero();
      assertThat(http.get("/api/stats/detailed", bearer(other)).body()).doesNotContain("small");
    }
    JsonNode detailed = http.get("/api/stats/detailed", bearer(ada)).json();
    JsonNode chat = detailed.get("by_endpoint").get("/v1/chat/completions");
    assertThat(chat.get("total_requests").asInt()).isEqualTo(3);
    assertThat(chat.get("response_time").get("p99_ms").asDouble()).isPositive();
    assertThat(detailed.get("by_model").get("small").get("generated_tokens").asInt()).isEqualTo(6);
    JsonNode all = http.get("/api/admin/stats", bearer(admin)).json();
    assertThat(all.get("system_metrics").get("total_tokens_generated").asInt()).isEqualTo(6);
    JsonNode users = http.get("/api/admin/stats/users", bearer(admin)).json();
    assertThat(users.get("users").toString())
        .contains(ada.substring(0, 12) + "...")
        .doesNotContain(ada);
    restart(settings());
    assertThat(http.get("/api/stats", bearer(ada)).json().get("total_tokens").asInt())
        .isEqualTo(27);
  }

  @Test
  void changesAndDeniedCallsAreInTheAuditLog() throws Exception {
    JsonNode ada = make("'name':'ada'");
    String id = ada.get("id").asString();
    http.get("/api/admin/stats", bearer(ada.get("key").asString()));
    http.send("DELETE", "/api/keys/" + id, null, bearer(admin));
    List<String> rows = new ArrayList<>();
    Until.holds(() -> audit(rows) == 4);
    assertThat(rows.get(0)).isEqualTo("gateway create-key default-admin done");
    assertThat(rows.get(1)).startsWith("key-").endsWith(" create-key " + id + " done");
    assertThat(rows.subList(2, 4))
        .anyMatch(row -> row.equals(id + " denied GET /api/admin/stats refused"))
        .anyMatch(row -> row.endsWith(" revoke-key " + id + " done"));
  }

  private int audit(List<String> rows) {
    rows.clear();
    rows.addAll(gateway.services().orElseThrow().auditRows());
    return rows.size();
  }

  @Test
  void headersProtectBrowsers() throws Exception {
    for (Reply reply : List.of(http.get("/health"), http.get("/v1/models"))) {
      assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(reply.header("X-Frame-Options")).isEqualTo("DENY");
      assertThat(reply.header("Referrer-Policy")).isEqualTo("no-referrer");
      assertThat(reply.header("Content-Security-Policy")).contains("default-src 'none'");
      assertThat(reply.header("Cache-Control")).isEqualTo("no-store");
      assertThat(reply.header("Strict-Transport-Security")).isEmpty();
    }
  }

  private String preflight(String origin) throws IOException {
    return http.raw(
        "OPTIONS /v1/chat/completions HTTP/1.1\nHost: localhost\nOrigin: "
            + origin
            + "\n"
            + "Access-Control-Request-Method: POST\n"
            + "Access-Control-Request-Headers: authorization,content-type\n"
            + "Connection: close\n\n");
  }

  private String simplePost(String origin) throws IOException {
    String body = CHAT.replace('\'', '"');
    return http.raw(
        "POST /v1/chat/completions HTTP/1.1\nHost: localhost\nOrigin: "
            + origin
            + "\nAuthorization: Bearer "
            + admin
            + "\nContent-Length: "
            + body.length()
            + "\nConnection: close\n\n"
            + body);
  }

  @Test
  void pagesOfOtherSitesAreKeptOut() throws Exception {
    assertThat(preflight("https://evil.example")).contains(" 403 ").doesNotContain("Allow-Origin");
    assertThat(simplePost("https://evil.example")).contains(" 403 ").doesNotContain("Allow-Origin");
    assertThat(simplePost("null")).contains(" 403 ");
    assertThat(simplePost("http://localhost")).contains(" 200 ");
    restart(settings().set(Setting.CORS_ORIGINS, Set.of("https://app.example")));
    String allowed = preflight("https://app.example").toLowerCase(Locale.ROOT);
    assertThat(allowed)
        .contains(" 204 ")
        .contains("access-control-allow-origin: https://app.example")
        .contains("access-control-allow-headers: authorization,content-type")
        .contains("vary: origin")
        .doesNotContain("allow-credentials");
    assertThat(simplePost("https://app.example")).contains(" 200 ");
    for (String evil :
        List.of("https://app.example.evil", "http://app.example", "https://app.example:444")) {
      assertThat(preflight(evil)).contains(" 403 ").doesNotContain("llow-origin");
    }
  }

  @Test
  void theHostMustBeOneOfOurs() throws Exception {
    String evil = "GET /health HTTP/1.1\nHost: evil.example\nConnection: close\n\n";
    assertThat(http.raw(evil)).contains(" 403 ");
    restart(settings().set(Setting.ALLOWED_HOSTS, new LinkedHashSet<>(List.of("evil.example"))));
    assertThat(http.raw(evil)).contains(" 200 ");
  }

  @Test
  void drainsBeforeItStops() throws Exception {
    CompletableFuture<Reply> running =
        CompletableFuture.supplyAsync(() -> {
          try {
            return http.post("/v1/chat/completions", CHAT.replace("small", "slow"), bearer(admin));
          } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    Until.holds(() -> slow.job != null);
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> {
          try {
            return gateway.drain(Duration.ofSeconds(20));
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    Until.holds(() -> http.get("/ready").status() == 503);
    assertThat(http.get("/live").status()).isEqualTo(200);
    Reply refused = http.post("/v1/chat/completions", CHAT, bearer(admin));
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("Retry-After")).isNotEmpty();
    assertThat(drained.get()).isTrue();
    assertThat(running.get().status()).isEqualTo(200);
  }

  @Test
  void withoutAuthEverybodyOnThisMachineIsAnAdministrator() throws Exception {
    gateway.close();
    start(GatewaySettings.builder().set(Setting.NO_AUTH, true).set(Setting.PORT, 0));
    assertThat(http.post("/v1/chat/completions", CHAT).status()).isEqualTo(200);
    assertThat(http.get("/api/admin/stats").status()).isEqualTo(200);
    assertThat(http.get("/api/keys").status()).isEqualTo(404);
    assertThatThrownBy(() ->
            Gateway.builder().serve(slow).address(new InetSocketAddress("0.0.0.0", 0)).start())
        .hasMessageContaining("listens on loopback addresses only");
  }

  private static Stream<String> crossed() {
    return Stream.of("a\r\nX-Evil: 1", "\u001b[31m", "x".repeat(20_000));
  }

  @ParameterizedTest
  @MethodSource("crossed")
  void nothingOfARequestGetsIntoHeaders(String text) throws Exception {
    String reply =
        http.raw(
            "GET /health HTTP/1.1\nHost: localhost\nx-request-id: "
                + text
                + "\nConnection: close\n\n");
    assertThat(reply).doesNotContain("\nX-Evil").doesNotContain("\u001b").doesNotContain("xxxxx");
  }
}
