package io.tmac.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a gateway is told: a value for each {@link Setting}. Made from the environment, or by a
 * builder in an application. Immutable.
 *
 * {@snippet :
 * GatewaySettings settings =
 *     GatewaySettings.builder()
 *         .set(Setting.PORT, 0)
 *         .set(Setting.JWT_SECRET, secret)
 *         .build();
 * }
 */
public final class GatewaySettings {
  private static final int SECRET_BYTES = 32;

  /** What the samples of many programs say; whoever copies one has no secret. */
  private static final Pattern SAMPLE =
      Pattern.compile(
          "change[-_ ]?(me|this|in[-_]prod)|your[-_ ].*(secret|key)|replace[-_ ]?(me|this)"
              + "|example[-_ ]?secret|insecure|password",
          Pattern.CASE_INSENSITIVE);

  private static final String HOW_TO_MAKE_ONE =
      "Make one with: java -jar tmac-gateway.jar --new-secret (or: openssl rand -base64 48)";

  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Map<Setting<?>, Object> values;
  private final Set<Setting<?>> given;

  private GatewaySettings(Map<Setting<?>, Object> values, Set<Setting<?>> given) {
    this.values = values;
    this.given = given;
  }

  /**
   * Begins with the defaults.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads settings by their names in the environment. Empty values count as absent. Instead of a
   * secret, the name with {@code _FILE} behind it may give a file that holds it.
   *
   * @param environment for example {@link System#getenv()}
   * @return the settings
   * @throws IllegalArgumentException with one sentence that says which value is wrong and why
   */
  public static GatewaySettings fromEnvironment(Map<String, String> environment) {
    return builder().environment(environment).build();
  }

  /**
   * The value of a setting.
   *
   * @param <T> its type
   * @param setting which one
   * @return its value, or its default
   */
  @SuppressWarnings("unchecked") // Values come from the setting's own parser or a typed setter.
  public <T> T get(Setting<T> setting) {
    return (T) values.get(setting);
  }

  /**
   * Whether a setting was set, even to its default.
   *
   * @param setting which one
   * @return true if so
   */
  public boolean isGiven(Setting<?> setting) {
    return given.contains(setting);
  }

  /** Returns a text that was set, or empty. */
  Optional<String> find(Setting<String> setting) {
    return Optional.of(get(setting)).filter(text -> !text.isEmpty());
  }

  /** Returns whether only this machine can connect. */
  boolean isLoopback() {
    return isLoopback(get(Setting.HOST));
  }

  /** Returns the names that the Host header may have; empty for any. */
  Set<String> allowedHosts() {
    Set<String> hosts = get(Setting.ALLOWED_HOSTS);
    if (hosts.contains("*")) {
      return Set.of();
    }
    if (hosts.isEmpty()) {
      return isLoopback() ? LOOPBACK_NAMES : Set.of();
    }
    return Set.copyOf(hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList());
  }

  /** Returns the JDBC URL; in memory if nobody said that anything shall be kept. */
  String databaseUrl() {
    if (!get(Setting.DB).isEmpty()) {
      return get(Setting.DB);
    }
    if (get(Setting.NO_AUTH) && !isGiven(Setting.DATA)) {
      return "jdbc:h2:mem:";
    }
    return "jdbc:h2:file:" + data().resolve("gateway").toAbsolutePath();
  }

  /** Returns the folder of the data. */
  Path data() {
    String data = get(Setting.DATA);
    return data.equals("~") || data.startsWith("~/")
        ? Path.of(System.getProperty("user.home") + data.substring(1))
        : Path.of(data);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * All settings and their values; secrets are left out.
   *
   * @return one line
   */
  @Override
  public String toString() {
    Map<String, Object> shown = new LinkedHashMap<>();
    for (Setting<?> setting : Setting.all()) {
      if (!setting.secret()) {
        shown.put(setting.name(), values.get(setting));
      }
    }
    return shown.toString();
  }

  /** Collects values. Not safe for use by several threads. */
  public static final class Builder {
    private final Map<Setting<?>, Object> values = new HashMap<>();

    private Builder() {}

    /**
     * Sets a value.
     *
     * @param <T> its type
     * @param setting which one
     * @param value its value
     * @return this builder
     * @throws IllegalArgumentException if the setting cannot have the value
     */
    public <T> Builder set(Setting<T> setting, T value) {
      values.put(setting, setting.check(value));
      return this;
    }

    /**
     * Sets a value that was read as text.
     *
     * @param source what stood before it, for error messages
     */
    Builder parse(Setting<?> setting, String source, String text) {
      values.put(setting, setting.parse(source, text));
      return this;
    }

    /**
     * Sets what an environment has. Values that were set before stay.
     *
     * @param environment for example {@link System#getenv()}
     * @return this builder
     * @throws IllegalArgumentException with one sentence that says which value is wrong and why
     */
    public Builder environment(Map<String, String> environment) {
      for (Setting<?> setting : Setting.all()) {
        if (values.containsKey(setting)) {
          continue;
        }
        String text = environment.getOrDefault(setting.name(), "");
        String file = environment.getOrDefault(setting.name() + "_FILE", "");
        if (!text.isBlank()) {
          parse(setting, setting.name(), text);
        } else if (setting.secret() && !file.isBlank()) {
          parse(setting, setting.name() + "_FILE", read(setting.name() + "_FILE", file));
        }
      }
      return this;
    }

    private static String read(String name, String file) {
      try {
        return Files.readString(Path.of(file.strip()));
      } catch (IOException | IllegalArgumentException e) {
        throw new IllegalArgumentException(name + " names a file that cannot be read: " + file, e);
      }
    }

    /**
     * Checks the values together.
     *
     * @return the settings
     * @throws IllegalArgumentException with one sentence that says what is wrong
     */
    public GatewaySettings build() {
      Map<Setting<?>, Object> all = new HashMap<>(values);
      for (Setting<?> setting : Setting.all()) {
        if (!all.containsKey(setting)) {
          all.put(setting, setting.parse(setting.name(), setting.defaultText()));
        }
      }
      GatewaySettings settings = new GatewaySettings(all, Set.copyOf(values.keySet()));
      checkAuth(settings);
      checkFiles(settings);
      for (String origin : settings.get(Setting.CORS_ORIGINS)) {
        if (!origin.equals("*") && !origin.matches("https?://[A-Za-z0-9.\\-\\[\\]:]+")) {
          throw new IllegalArgumentException(
              "GATEWAY_CORS_ORIGINS has origins as https://app.example, without a path: " + origin);
        }
      }
      for (String proxy : settings.get(Setting.TRUSTED_PROXIES)) {
        try {
          InetAddress.ofLiteral(proxy);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "GATEWAY_TRUSTED_PROXIES has IP addresses: " + proxy, e);
        }
      }
      int port = settings.get(Setting.PORT);
      if (port != 0 && port == settings.get(Setting.WS_PORT)) {
        throw new IllegalArgumentException(
            "GATEWAY_WS_PORT must not be GATEWAY_PORT: the WebSocket needs its own: " + port);
      }
      String db = settings.get(Setting.DB);
      if (!db.isEmpty() && !db.startsWith("jdbc:postgresql:") && !db.startsWith("jdbc:h2:")) {
        throw new IllegalArgumentException(
            "GATEWAY_DB must begin with jdbc:postgresql: or jdbc:h2:");
      }
      return settings;
    }

    private static void checkAuth(GatewaySettings settings) {
      if (settings.get(Setting.NO_AUTH)) {
        if (!settings.isLoopback()) {
          throw new IllegalArgumentException(
              "--no-auth works on loopback addresses only, because everybody who can connect may do"
                  + " everything; GATEWAY_HOST is "
                  + settings.get(Setting.HOST));
        }
        return;
      }
      String secret = settings.get(Setting.JWT_SECRET);
      if (secret.isEmpty()) {
        throw new IllegalArgumentException(
            "JWT_SECRET is not set. " + HOW_TO_MAKE_ONE + ". On your own machine, --no-auth");
      }
      checkSecret("JWT_SECRET", secret);
      settings
          .find(Setting.JWT_SECRET_PREVIOUS)
          .ifPresent(previous -> checkSecret("JWT_SECRET_PREVIOUS", previous));
      settings
          .find(Setting.ADMIN_KEY)
          .filter(key -> !key.matches("tmac-[A-Za-z0-9]{32}"))
          .ifPresent(key -> {
            throw new IllegalArgumentException(
                "GATEWAY_ADMIN_KEY must be tmac- and 32 letters or digits");
          });
    }

    private static void checkSecret(String name, String secret) {
      int bytes = secret.getBytes(StandardCharsets.UTF_8).length;
      if (bytes < SECRET_BYTES) {
        throw new IllegalArgumentException(
            name
                + " must have at least "
                + SECRET_BYTES
                + " bytes, not "
                + bytes
                + ": a shorter one can be guessed. "
                + HOW_TO_MAKE_ONE);
      }
      if (SAMPLE.matcher(secret).find() || secret.chars().distinct().count() < 8) {
        throw new IllegalArgumentException(
            name + " is a sample or a pattern that others know too. " + HOW_TO_MAKE_ONE);
      }
    }

    private static void checkFiles(GatewaySettings settings) {
      for (Setting<String> setting :
          List.of(Setting.MODEL_PATH, Setting.MODELS, Setting.TLS_KEYSTORE)) {
        String file = settings.get(setting);
        if (!file.isEmpty() && !exists(file)) {
          throw new IllegalArgumentException(setting + " names a file that is not there: " + file);
        }
      }
      if (settings.isGiven(Setting.TLS_PASSWORD) && settings.get(Setting.TLS_KEYSTORE).isEmpty()) {
        throw new IllegalArgumentException(
            "GATEWAY_TLS_PASSWORD needs GATEWAY_TLS_KEYSTORE, the file that it opens");
      }
    }

    private static boolean exists(String file) {
      try {
        return Files.exists(Path.of(file));
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }
}
