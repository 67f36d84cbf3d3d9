package io.tmac.gateway.stats;

import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.limit.Limiter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** Statistics for each caller about itself, and for administrators about all. */
public final class StatsRoutes {
  private static final int MAX_USERS = 1000;

  private final Statistics statistics;
  private final Limiter limiter;
  private final Function<String, Optional<String>> previews;
  private final long startNanos = System.nanoTime();

  /**
   * Creates the endpoints.
   *
   * @param previews finds the first characters of a key by its id
   */
  public StatsRoutes(
      Statistics statistics, Limiter limiter, Function<String, Optional<String>> previews) {
    this.statistics = statistics;
    this.limiter = limiter;
    this.previews = previews;
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/api/stats", Access.USER, "The caller's totals", this::mine),
        new Route(
            "GET",
            "/api/stats/detailed",
            Access.USER,
            "The caller's totals by endpoint and model",
            this::detailed),
        new Route("GET", "/api/admin/stats", Access.ADMIN, "Totals of all callers", this::system),
        new Route(
            "GET", "/api/admin/stats/users", Access.ADMIN, "Totals of each caller", this::users));
  }

  private static Totals sum(Iterable<Totals> all) {
    Totals sum = new Totals();
    all.forEach(sum::add);
    return sum;
  }

  private void mine(Call call) throws IOException {
    String id = call.principal().id();
    Totals totals = sum(statistics.of(id).values());
    Limiter.Usage usage = limiter.usage(id);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("api_key", previews.apply(id).orElse(null));
    body.put("name", call.principal().name());
    body.put("total_requests", totals.requests);
    body.put("total_tokens", totals.tokens());
    body.put("avg_response_time_ms", totals.averageMillis());
    Map<String, Object> window = new LinkedHashMap<>();
    window.put("requests_made", usage.requests());
    window.put("window_start", usage.startSeconds());
    window.put("tokens_last_minute", usage.tokens());
    window.put("running", usage.running());
    body.put("rate_limit_usage", window);
    call.reply(200, body);
  }

  private void detailed(Call call) throws IOException {
    call.reply(200, describe(statistics.of(call.principal().id())));
  }

  private static Map<String, Object> describe(Map<Series, Totals> all) {
    Map<String, Object> body = sum(all.values()).describe();
    body.put("by_endpoint", by(all, Series::endpoint));
    body.put("by_model", by(all, Series::model));
    return body;
  }

  private static Map<String, Object> by(Map<Series, Totals> all, Function<Series, String> name) {
    Map<String, Totals> groups = new TreeMap<>();
    all.forEach((series, totals) ->
        groups.computeIfAbsent(name.apply(series), key -> new Totals()).add(totals));
    groups.remove("");
    Map<String, Object> described = new LinkedHashMap<>();
    groups.forEach((key, totals) -> described.put(key, totals.describe()));
    return described;
  }

  private void system(Call call) throws IOException {
    Map<Series, Totals> all = statistics.all();
    Totals totals = sum(all.values());
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("total_requests", totals.requests);
    metrics.put("successful_requests", totals.successful());
    metrics.put("failed_requests", totals.clientErrors + totals.serverErrors);
    metrics.put("total_tokens_generated", totals.generatedTokens);
    metrics.put("avg_response_time_ms", totals.averageMillis());
    metrics.put("min_response_time_ms", totals.minMillis());
    metrics.put("max_response_time_ms", totals.maxMillis());
    metrics.put("requests_per_second", statistics.perSecond());
    metrics.put("uptime_seconds", (System.nanoTime() - startNanos) / 1_000_000_000);
    Map<String, Object> log = new LinkedHashMap<>();
    log.put("total_requests", totals.requests);
    log.put("successful_requests", totals.successful());
    log.put("client_errors", totals.clientErrors);
    log.put("server_errors", totals.serverErrors);
    log.put("avg_response_time_ms", totals.averageMillis());
    log.put("total_tokens", totals.tokens());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("system_metrics", metrics);
    body.put("log_stats", log);
    body.put("response_time", totals.responseTime());
    body.put("by_endpoint", by(all, Series::endpoint));
    body.put("by_model", by(all, Series::model));
    call.reply(200, body);
  }

  private void users(Call call) throws IOException {
    Map<Series, Totals> all = statistics.byPrincipal();
    List<Map.Entry<Series, Totals>> most = new ArrayList<>(all.entrySet());
    most.sort(
        Comparator.comparing((Map.Entry<Series, Totals> user) -> -user.getValue().requests)
            .thenComparing(user -> user.getKey().principal()));
    List<Map<String, Object>> users = new ArrayList<>();
    for (Map.Entry<Series, Totals> user : most.subList(0, Math.min(MAX_USERS, most.size()))) {
      String id = user.getKey().principal();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("id", id);
      fields.put("api_key", previews.apply(id).orElse(null));
      fields.put("total_requests", user.getValue().requests);
      fields.put("total_tokens", user.getValue().tokens());
      fields.put("avg_response_time_ms", user.getValue().averageMillis());
      users.add(fields);
    }
    Totals totals = sum(all.values());
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("total_users", all.size());
    summary.put("total_requests", totals.requests);
    summary.put("avg_response_time_ms", totals.averageMillis());
    call.reply(200, Map.of("users", users, "summary", summary));
  }
}
