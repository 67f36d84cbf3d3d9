package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatewaySettingsTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";

  private static GatewaySettings read(String... values) {
    Map<String, String> environment = new HashMap<>(Map.of("JWT_SECRET", SECRET));
    for (int i = 0; i < values.length; i += 2) {
      environment.put(values[i], values[i + 1]);
    }
    return GatewaySettings.fromEnvironment(environment);
  }

  @Test
  void hasDefaults() {
    GatewaySettings settings = read();
    assertThat(settings.get(Setting.HOST)).isEqualTo("127.0.0.1");
    assertThat(settings.get(Setting.PORT)).isEqualTo(8080);
    assertThat(settings.get(Setting.RATE_LIMIT_REQUESTS)).isEqualTo(100);
    assertThat(settings.get(Setting.RATE_LIMIT_WINDOW)).isEqualTo(Duration.ofHours(1));
    assertThat(settings.allowedHosts())
        .containsExactlyInAnyOrder("localhost", "127.0.0.1", "[::1]");
    assertThat(settings.databaseUrl()).startsWith("jdbc:h2:file:").endsWith("gateway");
    assertThat(settings.get(Setting.CORS_ORIGINS)).isEmpty();
    assertThat(settings.get(Setting.METRICS_PUBLIC)).isFalse();
  }

  @Test
  void readsTheEnvironment() {
    GatewaySettings settings =
        read(
            "GATEWAY_HOST", "0.0.0.0",
            "GATEWAY_PORT", " 9000 ",
            "LOG_LEVEL", "warning",
            "GATEWAY_DEADLINE", "1.5",
            "GATEWAY_CORS_ORIGINS", "https://a.example, http://localhost:3000,",
            "GATEWAY_METRICS_PUBLIC", "yes",
            "GATEWAY_QUEUE", "");
    assertThat(settings.get(Setting.PORT)).isEqualTo(9000);
    assertThat(settings.get(Setting.LOG_LEVEL)).isEqualTo("WARNING");
    assertThat(settings.get(Setting.DEADLINE)).isEqualTo(Duration.ofMillis(1500));
    assertThat(settings.get(Setting.CORS_ORIGINS))
        .containsExactly("https://a.example", "http://localhost:3000");
    assertThat(settings.get(Setting.METRICS_PUBLIC)).isTrue();
    assertThat(settings.isGiven(Setting.PORT)).isTrue();
    assertThat(settings.isGiven(Setting.QUEUE)).isFalse();
    assertThat(settings.allowedHosts()).isEmpty();
  }

  @Test
  void theBuilderDoesTheSame() {
    GatewaySettings settings =
        GatewaySettings.builder()
            .set(Setting.JWT_SECRET, SECRET)
            .set(Setting.PORT, 0)
            .set(Setting.DRAIN, Duration.ofMillis(1500))
            .set(Setting.ALLOWED_HOSTS, Set.of("Gate.example"))
            .set(Setting.NO_AUTH, false)
            .build();
    assertThat(settings.get(Setting.PORT)).isZero();
    assertThat(settings.get(Setting.DRAIN)).isEqualTo(Duration.ofMillis(1500));
    assertThat(settings.allowedHosts()).containsExactly("gate.example");
    assertThatThrownBy(() -> GatewaySettings.builder().set(Setting.PORT, 70_000))
        .hasMessage("GATEWAY_PORT must be a whole number from 0 to 65535: 70000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GATEWAY_PORT | http | GATEWAY_PORT must be a whole number from 0 to 65535: http",
        "GATEWAY_PORT | -1 | GATEWAY_PORT must be a whole number from 0 to 65535: -1",
        "GATEWAY_PORT | 99999999999 | GATEWAY_PORT must be a whole number from 0 to 65535:"
            + " 99999999999",
        "LOG_LEVEL | LOUD | LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL: LOUD",
        "GATEWAY_DEADLINE | NaN | GATEWAY_DEADLINE must be a number of seconds from 1 to 86400:"
            + " NaN",
        "GATEWAY_DEADLINE | 0 | GATEWAY_DEADLINE must be a number of seconds from 1 to 86400: 0",
        "RATE_LIMIT_REQUESTS | 0 | RATE_LIMIT_REQUESTS must be a whole number from 1 to 100000: 0",
        "GATEWAY_NO_AUTH | perhaps | GATEWAY_NO_AUTH must be true or false: perhaps",
        "GATEWAY_WS_PORT | 8080 | GATEWAY_WS_PORT must not be GATEWAY_PORT: the WebSocket needs its"
            + " own: 8080",
        "GATEWAY_DB | jdbc:mysql://x | GATEWAY_DB must begin with jdbc:postgresql: or jdbc:h2:",
        "MODEL_PATH | /nowhere/at-all | MODEL_PATH names a file that is not there: /nowhere/at-all",
        "GATEWAY_CORS_ORIGINS | app.example | GATEWAY_CORS_ORIGINS has origins as"
            + " https://app.example, without a path: app.example",
        "GATEWAY_TLS_PASSWORD | hush | GATEWAY_TLS_PASSWORD needs GATEWAY_TLS_KEYSTORE, the file"
            + " that it opens",
        "GATEWAY_ADMIN_KEY | tmac-short | GATEWAY_ADMIN_KEY must be tmac- and 32 letters or digits",
        "GATEWAY_TRUSTED_PROXIES | proxy.example | GATEWAY_TRUSTED_PROXIES has IP addresses:"
            + " proxy.example"
      })
  void refusesWrongValuesWithOneSentence(String name, String value, String message) {
    assertThatThrownBy(() -> read(name, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void needsASecret() {
    assertThatThrownBy(() -> GatewaySettings.fromEnvironment(Map.of()))
        .hasMessageStartingWith("JWT_SECRET is not set. Make one with: ")
        .hasMessageContaining("--no-auth");
    assertThatThrownBy(() -> read("JWT_SECRET", SECRET.substring(1)))
        .hasMessageStartingWith("JWT_SECRET must have at least 32 bytes, not 31: ")
        .hasMessageNotContaining(SECRET.substring(1));
    assertThatThrownBy(() -> read("JWT_SECRET_PREVIOUS", "short")).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "your-secret-key-change-in-production",
        "CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME",
        "please_change_this_to_something_random",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "12121212121212121212121212121212121212",
        "my super secret password of great length"
      })
  void refusesSecretsThatOthersKnow(String secret) {
    assertThatThrownBy(() -> read("JWT_SECRET", secret))
        .hasMessageStartingWith("JWT_SECRET is a sample or a pattern that others know too.")
        .hasMessageNotContaining(secret);
  }

  @Test
  void newSecretsAreGoodOnes() {
    for (int i = 0; i < 1000; i++) {
      String secret = Main.newSecret();
      assertThatCode(() -> read("JWT_SECRET", secret)).doesNotThrowAnyException();
    }
  }

  @Test
  void secretsMayStandInFiles(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), SECRET + "\n");
    GatewaySettings settings =
        GatewaySettings.fromEnvironment(Map.of("JWT_SECRET_FILE", file.toString()));
    assertThat(settings.get(Setting.JWT_SECRET)).isEqualTo(SECRET);
    assertThatThrownBy(
            () -> GatewaySettings.fromEnvironment(Map.of("JWT_SECRET_FILE", "/nowhere/at-all")))
        .hasMessage("JWT_SECRET_FILE names a file that cannot be read: /nowhere/at-all");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3"})
  void noAuthIsForLoopbackAlone(String host) {
    assertThatThrownBy(() ->
            GatewaySettings.fromEnvironment(
                Map.of("GATEWAY_NO_AUTH", "true", "GATEWAY_HOST", host)))
        .hasMessageStartingWith("--no-auth works on loopback addresses only");
  }

  @Test
  void withoutAuthNothingIsKeptUnlessAskedFor() {
    assertThat(GatewaySettings.fromEnvironment(Map.of("GATEWAY_NO_AUTH", "1")).databaseUrl())
        .isEqualTo("jdbc:h2:mem:");
    assertThat(
            GatewaySettings.fromEnvironment(Map.of("GATEWAY_NO_AUTH", "1", "GATEWAY_DATA", "x"))
                .databaseUrl())
        .startsWith("jdbc:h2:file:/");
  }

  @Test
  void doesNotShowSecrets() {
    GatewaySettings settings = read("GATEWAY_DB_PASSWORD", "hush-hush");
    assertThat(settings.toString())
        .contains("GATEWAY_PORT=8080")
        .doesNotContain(SECRET, "hush-hush", "JWT_SECRET=");
  }

  @Test
  void namesAndFlagsAreUnique() {
    assertThat(Setting.all()).extracting(Setting::name).doesNotHaveDuplicates();
    assertThat(Setting.all().stream().filter(setting -> !setting.secret()).map(Setting::flag))
        .doesNotHaveDuplicates()
        .allMatch(flag -> flag.matches("--[a-z-]+"));
  }

  /** The table in the documentation is this list. */
  @Test
  void theDocumentationHasTheTable() throws Exception {
    String table =
        Setting.all().stream()
            .map(setting ->
                "| `%s` | %s | %s | %s |"
                    .formatted(
                        setting.name(),
                        setting.flag().isEmpty() ? "" : "`" + setting.flag() + "`",
                        setting.defaultText().isEmpty() ? "" : "`" + setting.defaultText() + "`",
                        setting.description()))
            .collect(Collectors.joining("\n"));
    assertThat(Files.readString(Path.of("../docs/gateway.md"))).contains(table);
  }

  @Test
  void readsTheListOfModels(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("a.gguf"), "");
    Path list = folder.resolve("models.json");
    Files.writeString(
        list,
        """
        {"models": [
          {"id": "small", "path": "a.gguf"},
          {"id": "large", "url": "http://gpu:8000/v1", "key_env": "GPU_KEY", "upstream_model": "m"}
        ]}
        """);
    GatewaySettings settings =
        read(
            "MODEL_PATH", folder.resolve("a.gguf").toString(),
            "GATEWAY_MODELS", list.toString());
    assertThat(ModelEntry.of(settings))
        .extracting(ModelEntry::id)
        .containsExactly("a", "small", "large");
    assertThat(ModelEntry.of(settings).get(1).path()).contains(folder.resolve("a.gguf"));
    assertThat(ModelEntry.of(settings).get(2).keyEnv()).contains("GPU_KEY");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense | Unrecognized token",
        "{} | expected an object with a list",
        "{'models': []} | at least one model",
        "{'models': [{'id': 'x'}]} | models[0]: give either a path or a url",
        "{'models': [{'id': 'x', 'path': 'no'}]} | path names a file that is not there",
        "{'models': [{'id': '../x', 'url': 'http://h/v1'}]} | models[0]: id must be",
        "{'models': [{'id': 'x', 'url': 'file:///etc/passwd'}]} | url must begin with http",
        "{'models': [{'id': 'x', 'url': 'http://u:p@h/v1'}]} | without a user",
        "{'models': [{'id': 'x', 'url': 'http://h/', 'key': 'k'}]} | there is no field key",
        "{'models': [{'id': 'x', 'url': 'http://h/'}, {'id': 'x', 'url': 'http://h/'}]} | two"
            + " models are called x"
      })
  void saysWhatIsWrongWithTheListOfModels(String json, String message, @TempDir Path folder)
      throws Exception {
    Path list = Files.writeString(folder.resolve("models.json"), json.replace('\'', '"'));
    GatewaySettings settings = read("GATEWAY_MODELS", list.toString());
    assertThatThrownBy(() -> ModelEntry.of(settings))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
