package io.tmac.gateway.auth;

import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Fields;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.limit.Limits;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Administration of keys: {@code /api/keys}. */
public final class KeyRoutes {
  private static final int MAX_REQUESTS = 100_000;
  private static final int MAX_PARALLEL = 100_000;
  private static final int MAX_TOKENS = 1_000_000_000;
  private static final int MAX_MODELS = 32;

  /** Letters, digits and common signs: a name is put into logs, pages and terminals. */
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._:@+-]{0,63}");

  private final Keys keys;
  private final AuditLog audit;
  private final Limits defaults;
  private final Set<String> models;

  /**
   * Creates the endpoints.
   *
   * @param defaults limits of keys that are ordered without
   * @param models the models that keys may be restricted to
   */
  public KeyRoutes(Keys keys, AuditLog audit, Limits defaults, Set<String> models) {
    this.keys = keys;
    this.audit = audit;
    this.defaults = defaults;
    this.models = Set.copyOf(models);
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", "/api/keys", Access.ADMIN, "Makes a key, shown this once", this::create),
        new Route("GET", "/api/keys", Access.ADMIN, "Lists all keys", this::list),
        new Route("DELETE", "/api/keys/{id}", Access.ADMIN, "Revokes a key", this::revoke));
  }

  private void create(Call call) throws IOException {
    Keys.Order order = order(call.json());
    Keys.Created created = keys.create(order);
    audit.done(call, "create-key", created.key().id());
    Map<String, Object> body = created.key().describe();
    body.put("key", created.secret());
    call.reply(201, body);
  }

  private Keys.Order order(Fields fields) {
    String name = fields.required("name", "API key name is required").strip();
    if (!NAME.matcher(name).matches()) {
      throw ApiError.badField(
          "name",
          "name must be 1 to 64 letters, digits, spaces and . _ : @ + -, beginning with a letter or"
              + " a digit");
    }
    String role = fields.string("role", "user");
    if (!role.equals("user") && !role.equals("admin")) {
      throw ApiError.badField("role", "Role must be 'admin' or 'user'");
    }
    int requests = (int) fields.integer("rate_limit", 1, MAX_REQUESTS).orElse(defaults.requests());
    int parallel =
        (int) fields.integer("parallel_limit", 0, MAX_PARALLEL).orElse(defaults.parallel());
    int tokens =
        (int) fields.integer("tokens_per_minute", 0, MAX_TOKENS).orElse(defaults.tokensPerMinute());
    List<String> allowed = fields.strings("models", MAX_MODELS);
    for (String model : allowed) {
      if (!models.contains(model)) {
        throw ApiError.badField("models", "models names a model that is not served: " + model);
      }
    }
    return new Keys.Order(
        name,
        role.equals("admin"),
        new Limits(requests, parallel, tokens),
        Set.copyOf(allowed),
        expiry(fields.string("expires_at", "")));
  }

  private static Optional<Instant> expiry(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Instant expires;
    try {
      expires = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
    } catch (DateTimeParseException e) {
      throw ApiError.badField(
          "expires_at", "expires_at must be a time such as 2030-01-31T12:00:00Z");
    }
    Instant now = Instant.now();
    if (!expires.isAfter(now) || expires.isAfter(now.plus(36_525, ChronoUnit.DAYS))) {
      throw ApiError.badField("expires_at", "expires_at must lie in the next hundred years");
    }
    return Optional.of(expires);
  }

  private void list(Call call) throws IOException {
    List<Map<String, Object>> all = keys.list().stream().map(ApiKey::describe).toList();
    call.reply(200, Map.of("keys", all, "total", all.size()));
  }

  private void revoke(Call call) throws IOException {
    ApiKey key = keys.revoke(call.pathValue());
    audit.done(call, "revoke-key", key.id());
    call.reply(200, Map.of("message", "API key revoked successfully", "id", key.id()));
  }
}
