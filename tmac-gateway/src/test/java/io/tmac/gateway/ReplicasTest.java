package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.Until;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import tools.jackson.databind.JsonNode;

/**
 * Two gateways on one PostgreSQL database. Runs where {@code -Dtmac.postgres=jdbc:postgresql:...}
 * names an empty one.
 */
@EnabledIfSystemProperty(named = "tmac.postgres", matches = "jdbc:postgresql:.+")
class ReplicasTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";
  private static final String ADMIN = "tmac-" + "Ab3".repeat(10) + "Zz";
  private static final String CHAT =
      "{'model':'small','messages':[{'role':'user','content':'Hello'}]}";

  private final List<Gateway> gateways = new ArrayList<>();
  private final List<Http> https = new ArrayList<>();

  private static Gateway open() throws IOException {
    return Gateway.builder()
        .settings(
            GatewaySettings.builder()
                .set(Setting.JWT_SECRET, SECRET)
                .set(Setting.ADMIN_KEY, ADMIN)
                .set(Setting.PORT, 0)
                .set(Setting.DB, System.getProperty("tmac.postgres"))
                .set(Setting.KEY_CACHE, Duration.ofSeconds(1))
                .build())
        .serve(new ScriptedModel("small", 2, Duration.ZERO, i -> "piece "))
        .start();
  }

  /** Both at the same time, as a deployment does: one of them makes the tables. */
  @BeforeEach
  void start() throws Exception {
    Callable<Gateway> open = ReplicasTest::open;
    try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
      for (Future<Gateway> gateway : executor.invokeAll(List.of(open, open))) {
        gateways.add(gateway.get());
        https.add(new Http(gateways.getLast().address()));
      }
    }
  }

  @AfterEach
  void stop() {
    gateways.forEach(Gateway::close);
  }

  private static String[] bearer(String key) {
    return new String[] {"Authorization", "Bearer " + key};
  }

  @Test
  void replicasShareKeysAndTotals() throws Exception {
    String name = "ada " + System.nanoTime();
    JsonNode made = https.get(0).post("/api/keys", "{'name':'" + name + "'}", bearer(ADMIN)).json();
    String key = made.get("key").asString();
    assertThat(https.get(1).post("/api/keys", "{'name':'" + name + "'}", bearer(ADMIN)).status())
        .isEqualTo(400);
    for (int i = 0; i < 10; i++) {
      assertThat(https.get(i % 2).post("/v1/chat/completions", CHAT, bearer(key)).status())
          .isEqualTo(200);
    }
    Until.holds(() -> {
      Set<Integer> totals = new HashSet<>();
      for (Http http : https) {
        totals.add(http.get("/api/stats", bearer(key)).json().get("total_tokens").asInt());
      }
      return totals.equals(Set.of(90));
    });
    https.get(0).send("DELETE", "/api/keys/" + made.get("id").asString(), null, bearer(ADMIN));
    assertThat(https.get(0).get("/v1/models", bearer(key)).status()).isEqualTo(401);
    Until.holds(() -> https.get(1).get("/v1/models", bearer(key)).status() == 401);
    assertThat(https.get(1).get("/api/admin/stats/users", bearer(ADMIN)).status()).isEqualTo(200);
    assertThat(gateways.get(1).services().orElseThrow().auditRows())
        .anyMatch(row -> row.endsWith("revoke-key " + made.get("id").asString() + " done"));
  }
}
