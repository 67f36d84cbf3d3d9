package io.tmac.gateway;

import io.tmac.BatcherOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * A setting of the gateway: its name in the environment, its flag, its default, and what it may be.
 * All of them stand here, and nowhere else; the command line, the environment and the table in the
 * documentation are made of this list.
 *
 * @param <T> what its values are
 */
public final class Setting<T> {
  private static final List<Setting<?>> LIST = new ArrayList<>();

  /** Address to listen on. */
  public static final Setting<String> HOST =
      text("GATEWAY_HOST", "--host", "127.0.0.1", "Address to listen on; 0.0.0.0 for all.");

  /** Port to listen on. */
  public static final Setting<Integer> PORT =
      whole("GATEWAY_PORT", "--port", "8080", 0, 65535, "Port to listen on; 0 for a free one.");

  /** The model to serve. */
  public static final Setting<String> MODEL_PATH =
      text(
          "MODEL_PATH",
          "--model",
          "",
          "A model file, or a folder with one. If neither this nor GATEWAY_MODELS is set, a small"
              + " demo model of stories is served.");

  /** File with several models. */
  public static final Setting<String> MODELS =
      text("GATEWAY_MODELS", "--models", "", "A JSON file that names several models.");

  /** Secret that tokens are signed with. */
  public static final Setting<String> JWT_SECRET =
      secret(
          "JWT_SECRET",
          "Required. Signs tokens and keys the hashes of API keys: at least 32 random bytes.");

  /** The secret that {@link #JWT_SECRET} replaces. */
  public static final Setting<String> JWT_SECRET_PREVIOUS =
      secret("JWT_SECRET_PREVIOUS", "While the secret is changed: the old one, still accepted.");

  /** Issuer that tokens must name. */
  public static final Setting<String> JWT_ISSUER =
      text("JWT_ISSUER", "--jwt-issuer", "", "Tokens must have this `iss`. Empty: any or none.");

  /** Audience that tokens must name. */
  public static final Setting<String> JWT_AUDIENCE =
      text("JWT_AUDIENCE", "--jwt-audience", "", "Tokens must have this `aud`. Empty: none.");

  /** The most that a token may be. */
  public static final Setting<String> JWT_MAX_ROLE =
      choice(
          "JWT_MAX_ROLE",
          "--jwt-max-role",
          "admin",
          List.of("user", "admin"),
          "With `user`, no token makes an administrator, whatever its role says.");

  /** Turns authentication off. */
  public static final Setting<Boolean> NO_AUTH =
      flag(
          "GATEWAY_NO_AUTH",
          "--no-auth",
          "No keys and no limits: everybody is an administrator. On loopback addresses only.");

  /** An administrator's key that shall exist. */
  public static final Setting<String> ADMIN_KEY =
      secret(
          "GATEWAY_ADMIN_KEY",
          "An administrator's key, `tmac-` and 32 letters or digits. Made if it does not exist;"
              + " without it the first start makes one and prints it once.");

  /** Failed logins per minute and address. */
  public static final Setting<Integer> LOGIN_FAILURES =
      whole(
          "GATEWAY_LOGIN_FAILURES",
          "--login-failures",
          "30",
          0,
          1_000_000,
          "Failed logins per minute after which an address has to wait. 0: no limit.");

  /** Proxies whose X-Forwarded-For is believed. */
  public static final Setting<Set<String>> TRUSTED_PROXIES =
      list(
          "GATEWAY_TRUSTED_PROXIES",
          "--trusted-proxies",
          "IP addresses of proxies whose X-Forwarded-For is believed.");

  /** Requests per window of a key that has no limit of its own. */
  public static final Setting<Integer> RATE_LIMIT_REQUESTS =
      whole(
          "RATE_LIMIT_REQUESTS",
          "--rate-limit",
          "100",
          1,
          100_000,
          "Requests per window for keys and tokens that have no limit of their own.");

  /** Length of the window. */
  public static final Setting<Duration> RATE_LIMIT_WINDOW =
      seconds(
          "RATE_LIMIT_WINDOW_SECONDS",
          "--rate-limit-window",
          "3600",
          1,
          86_400,
          "Length of the sliding window.");

  /** Calls at the same time per key. */
  public static final Setting<Integer> PARALLEL =
      whole(
          "GATEWAY_PARALLEL",
          "--parallel",
          "0",
          0,
          100_000,
          "Calls at the same time for keys that have no limit of their own. 0: no limit.");

  /** Tokens per minute and key. */
  public static final Setting<Integer> TOKENS_PER_MINUTE =
      whole(
          "GATEWAY_TOKENS_PER_MINUTE",
          "--tokens-per-minute",
          "0",
          0,
          1_000_000_000,
          "Tokens per minute for keys that have no limit of their own. 0: no limit.");

  /** Folder of the database. */
  public static final Setting<String> DATA =
      text(
          "GATEWAY_DATA",
          "--data",
          "~/.tmac-gateway",
          "Folder of the database. With --no-auth, nothing is kept unless it is given.");

  /** JDBC URL of the database. */
  public static final Setting<String> DB =
      text(
          "GATEWAY_DB",
          "--db",
          "",
          "JDBC URL, `jdbc:postgresql:` or `jdbc:h2:`. Empty: H2 in the folder of the data.");

  /** User of the database. */
  public static final Setting<String> DB_USER =
      text("GATEWAY_DB_USER", "--db-user", "", "User of the database.");

  /** Password of the database. */
  public static final Setting<String> DB_PASSWORD =
      secret("GATEWAY_DB_PASSWORD", "Password of the database.");

  /** How long a revocation in another replica may go unnoticed. */
  public static final Setting<Duration> KEY_CACHE =
      seconds(
          "GATEWAY_KEY_CACHE",
          "--key-cache",
          "5",
          0,
          300,
          "How long a replica may not notice what another one did to a key. PostgreSQL only.");

  /** Answers at the same time. */
  public static final Setting<Integer> SLOTS =
      whole(
          "GATEWAY_SLOTS",
          "--slots",
          "8",
          1,
          BatcherOptions.MAX_SLOTS,
          "Answers per model at the same time.");

  /** Answers that wait. */
  public static final Setting<Integer> QUEUE =
      whole("GATEWAY_QUEUE", "--queue", "64", 0, 100_000, "Requests that may wait for a slot.");

  /** How long an answer may take. */
  public static final Setting<Duration> DEADLINE =
      seconds("GATEWAY_DEADLINE", "--deadline", "600", 1, 86_400, "How long an answer may take.");

  /** Tokens of an answer. */
  public static final Setting<Integer> MAX_TOKENS =
      whole(
          "GATEWAY_MAX_TOKENS",
          "--max-tokens",
          "2048",
          1,
          128_000,
          "Tokens of an answer for which the client names no number.");

  /** Bytes of a body. */
  public static final Setting<Integer> MAX_BODY =
      whole(
          "GATEWAY_MAX_BODY",
          "--max-body",
          "4194304",
          1024,
          1 << 30,
          "Bytes that a request's body may have.");

  /** Time between signs of life. */
  public static final Setting<Duration> HEARTBEAT =
      seconds(
          "GATEWAY_HEARTBEAT",
          "--heartbeat",
          "5",
          1,
          3600,
          "Time between signs of life in a stream without text.");

  /** Patience with clients that do not read. */
  public static final Setting<Duration> STALL_TIMEOUT =
      seconds(
          "GATEWAY_STALL_TIMEOUT",
          "--stall-timeout",
          "30",
          1,
          3600,
          "How long one write waits for a client that does not read.");

  /** Time for running calls at the end. */
  public static final Setting<Duration> DRAIN =
      seconds(
          "GATEWAY_DRAIN",
          "--drain",
          "30",
          0,
          3600,
          "How long running calls may go on after SIGTERM.");

  /** Names of the server. */
  public static final Setting<Set<String>> ALLOWED_HOSTS =
      list(
          "GATEWAY_ALLOWED_HOSTS",
          "--allowed-hosts",
          "Names that the Host header may have; `*` for any. Empty: `localhost`, `127.0.0.1` and"
              + " `[::1]` on a loopback address, else any.");

  /** Sites whose pages may call. */
  public static final Setting<Set<String>> CORS_ORIGINS =
      list(
          "GATEWAY_CORS_ORIGINS",
          "--cors-origins",
          "Origins whose pages may call, as `https://app.example`; `*` for any. Empty: none.");

  /** Certificate and key. */
  public static final Setting<String> TLS_KEYSTORE =
      text("GATEWAY_TLS_KEYSTORE", "--tls-keystore", "", "PKCS12 file; turns TLS on.");

  /** Password of the key store. */
  public static final Setting<String> TLS_PASSWORD =
      secret("GATEWAY_TLS_PASSWORD", "Password of the PKCS12 file.");

  /** Port of the WebSocket endpoint. */
  public static final Setting<Integer> WS_PORT =
      whole("GATEWAY_WS_PORT", "--ws-port", "-1", -1, 65535, "Port of the WebSocket; -1 for none.");

  /** Whether metrics need no key. */
  public static final Setting<Boolean> METRICS_PUBLIC =
      flag("GATEWAY_METRICS_PUBLIC", "--metrics-public", "/metrics answers without a key.");

  /** How much is logged. */
  public static final Setting<String> LOG_LEVEL =
      choice(
          "LOG_LEVEL",
          "--log-level",
          "INFO",
          List.of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
          "How much the gateway logs.");

  /** What sort of value it is, for the command line. */
  enum Kind {
    VALUE,
    SWITCH,
    SECRET
  }

  private final String name;
  private final String flag;
  private final String defaultText;
  private final String description;
  private final String expected;
  private final Kind kind;
  private final Function<String, T> parser;

  private Setting(
      String name,
      String flag,
      String defaultText,
      String description,
      String expected,
      Kind kind,
      Function<String, T> parser) {
    this.name = name;
    this.flag = flag;
    this.defaultText = defaultText;
    this.description = description;
    this.expected = expected;
    this.kind = kind;
    this.parser = parser;
    LIST.add(this);
  }

  private static Setting<String> text(String name, String flag, String other, String description) {
    return new Setting<>(name, flag, other, description, "a text", Kind.VALUE, Setting::line);
  }

  /** Secrets have no flag: a command line can be read by every user of the machine. */
  private static Setting<String> secret(String name, String description) {
    return new Setting<>(name, "", "", description, "a text", Kind.SECRET, Setting::line);
  }

  private static Setting<Boolean> flag(String name, String flag, String description) {
    return new Setting<>(
        name,
        flag,
        "false",
        description,
        "true or false",
        Kind.SWITCH,
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true", "1", "yes" -> true;
              case "false", "0", "no" -> false;
              default -> throw new IllegalArgumentException();
            });
  }

  private static Setting<Integer> whole(
      String name, String flag, String other, int min, int max, String description) {
    return new Setting<>(
        name,
        flag,
        other,
        description,
        "a whole number from " + min + " to " + max,
        Kind.VALUE,
        text -> {
          int value = Integer.parseInt(text);
          if (value < min || value > max) {
            throw new IllegalArgumentException();
          }
          return value;
        });
  }

  private static Setting<Duration> seconds(
      String name, String flag, String other, int min, int max, String description) {
    return new Setting<>(
        name,
        flag,
        other,
        description + " In seconds.",
        "a number of seconds from " + min + " to " + max,
        Kind.VALUE,
        text -> {
          // Digits alone: a double would also be NaN, Infinity, 0x1p3 or 5d.
          if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,3})?")) {
            throw new IllegalArgumentException();
          }
          Duration value = Duration.ofMillis(Math.round(Double.parseDouble(text) * 1000));
          if (value.compareTo(Duration.ofSeconds(min)) < 0
              || value.compareTo(Duration.ofSeconds(max)) > 0) {
            throw new IllegalArgumentException();
          }
          return value;
        });
  }

  private static Setting<String> choice(
      String name, String flag, String other, List<String> values, String description) {
    return new Setting<>(
        name,
        flag,
        other,
        description,
        "one of " + String.join(", ", values),
        Kind.VALUE,
        text ->
            values.stream()
                .filter(value -> value.equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new));
  }

  private static Setting<Set<String>> list(String name, String flag, String description) {
    return new Setting<>(
        name,
        flag,
        "",
        description + " Separated by commas.",
        "a list separated by commas",
        Kind.VALUE,
        text -> {
          Set<String> values = new LinkedHashSet<>();
          for (String value : line(text).split(",", -1)) {
            if (!value.isBlank()) {
              values.add(value.strip());
            }
          }
          return Collections.unmodifiableSet(values);
        });
  }

  private static String line(String text) {
    if (text.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  /**
   * Every setting, in the order of the documentation.
   *
   * @return the list
   */
  public static List<Setting<?>> all() {
    return Collections.unmodifiableList(LIST);
  }

  /**
   * Its name in the environment.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * Its flag on the command line.
   *
   * @return the flag, empty for secrets
   */
  public String flag() {
    return flag;
  }

  /**
   * What it is unless it is set.
   *
   * @return the default as text
   */
  public String defaultText() {
    return defaultText;
  }

  /**
   * What it is for.
   *
   * @return a sentence or two
   */
  public String description() {
    return description;
  }

  /**
   * Whether its value must never be shown.
   *
   * @return true for secrets
   */
  public boolean secret() {
    return kind == Kind.SECRET;
  }

  boolean isSwitch() {
    return kind == Kind.SWITCH;
  }

  /**
   * Reads a value.
   *
   * @param source what the user wrote it behind, a name or a flag
   * @throws IllegalArgumentException with one sentence that names the source
   */
  T parse(String source, String text) {
    try {
      return parser.apply(text.strip());
    } catch (IllegalArgumentException e) {
      String shown = secret() ? "" : ": " + text.strip().replaceAll("\\p{Cntrl}", "?");
      throw new IllegalArgumentException(source + " must be " + expected + shown, e);
    }
  }

  /** Checks a value that an application gives by writing it as text and reading that. */
  T check(T value) {
    String text =
        switch (value) {
          case Duration duration -> Double.toString(duration.toMillis() / 1000.0);
          case Set<?> set -> String.join(",", set.stream().map(Object::toString).toList());
          default -> value.toString();
        };
    return parse(name, text);
  }

  @Override
  public String toString() {
    return name;
  }
}
