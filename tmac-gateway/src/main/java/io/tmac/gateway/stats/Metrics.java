package io.tmac.gateway.stats;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import io.tmac.BatcherStatistics;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Observer;
import io.tmac.gateway.http.Route;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Metrics in the text format of Prometheus. Labels have few values: routes, models and reasons of
 * this program, never anything that a client sends. Safe for use by many threads.
 */
public final class Metrics implements Observer {
  private static final double NANOS = 1e9;
  private static final String NONE = "none";
  private static final double[] REQUEST = {
    0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600
  };
  private static final double[] WAIT = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300
  };
  private static final double[] GAP = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5
  };

  /** What a call can be refused for; anything else counts by its status. */
  private static final Set<String> REASONS =
      Set.of(
          "context_length_exceeded",
          "deadline_exceeded",
          "invalid_api_key",
          "invalid_messages",
          "invalid_value",
          "model_not_allowed",
          "model_not_found",
          "model_not_loaded",
          "queue_full",
          "rate_limit_exceeded",
          "server_stopping",
          "unsupported_endpoint",
          "unsupported_parameter",
          "upstream_busy",
          "upstream_error",
          "upstream_timeout",
          "upstream_unavailable");

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();
  private final Models models;
  private final Set<String> names;

  private final Counter requests =
      Counter.builder()
          .name("tmac_requests_total")
          .help("Requests by method, route and status.")
          .labelNames("method", "route", "status")
          .register(registry);
  private final Histogram duration =
      histogram("tmac_request_duration", "From request to the end of the reply.", "route", REQUEST);
  private final Histogram firstToken =
      histogram("tmac_time_to_first_token", "From request to the first token.", "model", WAIT);
  private final Histogram gaps =
      histogram("tmac_inter_token", "Between pieces of an answer.", "model", GAP);
  private final Histogram waits =
      histogram("tmac_queue_wait", "From request to a slot.", "model", WAIT);
  private final Counter promptTokens = tokens("prompt", "Tokens of prompts, cached ones included.");
  private final Counter cachedTokens = tokens("cached", "Tokens of prompts that were there still.");
  private final Counter generatedTokens = tokens("generated", "Tokens written.");
  private final Counter refused =
      Counter.builder()
          .name("tmac_refused_total")
          .help("Requests that were refused or failed, by reason.")
          .labelNames("reason")
          .register(registry);
  private final Counter cancelled =
      Counter.builder()
          .name("tmac_cancelled_total")
          .help("Answers whose client went away.")
          .labelNames("model")
          .register(registry);

  /**
   * Creates metrics.
   *
   * @param models the models, which are asked for their state when metrics are read
   * @param running tells how many requests are under way
   */
  public Metrics(Models models, IntSupplier running) {
    this.models = models;
    names = models.all().stream().map(ServedModel::id).collect(Collectors.toUnmodifiableSet());
    refused.initLabelValues("rate_limit_exceeded");
    refused.initLabelValues("queue_full");
    for (String name : names) {
      cancelled.initLabelValues(name);
      for (Counter counter : List.of(promptTokens, cachedTokens, generatedTokens)) {
        counter.initLabelValues(name);
      }
      for (Histogram histogram : List.of(firstToken, gaps, waits)) {
        histogram.initLabelValues(name);
      }
    }
    GaugeWithCallback.builder()
        .name("tmac_requests_running")
        .help("Requests under way.")
        .callback(gauge -> gauge.call(running.getAsInt()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("tmac_model_ready")
        .help("Whether the model can answer.")
        .labelNames("model")
        .callback(
            gauge -> models.all().forEach(model -> gauge.call(model.ready() ? 1 : 0, model.id())))
        .register(registry);
    gauge("tmac_slots", "Answers that may run.", BatcherStatistics::slots);
    gauge("tmac_slots_busy", "Answers that run.", BatcherStatistics::running);
    gauge("tmac_queue_depth", "Requests that wait for a slot.", BatcherStatistics::queued);
    gauge("tmac_kv_cache_tokens", "Tokens there is room for.", BatcherStatistics::cacheTokens);
    gauge("tmac_kv_cache_bytes", "Memory of keys and values.", BatcherStatistics::cacheBytes);
    CounterWithCallback.builder()
        .name("tmac_forward_passes_total")
        .help("Passes through the model's weights.")
        .labelNames("model")
        .callback(counter -> each((model, state) -> counter.call(state.passes(), model.id())))
        .register(registry);
    JvmMetrics.builder().register(registry);
  }

  private Histogram histogram(String name, String help, String label, double... bounds) {
    return Histogram.builder()
        .name(name)
        .unit(Unit.SECONDS)
        .help(help)
        .labelNames(label)
        .classicOnly()
        .classicUpperBounds(bounds)
        .register(registry);
  }

  private Counter tokens(String kind, String help) {
    return Counter.builder()
        .name("tmac_" + kind + "_tokens_total")
        .help(help)
        .labelNames("model")
        .register(registry);
  }

  private void gauge(String name, String help, ToDoubleFunction<BatcherStatistics> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("model")
        .callback(
            gauge -> each((model, state) -> gauge.call(value.applyAsDouble(state), model.id())))
        .register(registry);
  }

  @FunctionalInterface
  private interface Reader {
    void read(ServedModel model, BatcherStatistics state);
  }

  private void each(Reader reader) {
    models.all().forEach(model -> model.statistics().ifPresent(state -> reader.read(model, state)));
  }

  /**
   * Returns the route.
   *
   * @param access who may read the metrics
   */
  public List<Route> routes(Access access) {
    return List.of(
        new Route("GET", "/metrics", access, "Metrics in the format of Prometheus", this::send));
  }

  private void send(Call call) throws IOException {
    call.reply(200, PrometheusTextFormatWriter.CONTENT_TYPE, text());
  }

  byte[] text() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(out, registry.scrape());
    return out.toByteArray();
  }

  @Override
  public void ended(Call call, Throwable error) {
    boolean found = !call.routePath().isEmpty();
    String route = found ? call.routePath() : NONE;
    requests
        .labelValues(
            found ? call.method() : NONE, route, Integer.toString(Statistics.status(call, error)))
        .inc();
    duration.labelValues(route).observe(call.nanos() / NANOS);
    if (error instanceof ApiError refusal) {
      refused.labelValues(reason(refusal)).inc();
    }
    if (names.contains(call.model())) {
      answered(call, error);
    }
  }

  private void answered(Call call, Throwable error) {
    String model = call.model();
    if (error instanceof IOException || error instanceof InterruptedException) {
      cancelled.labelValues(model).inc();
    }
    promptTokens.labelValues(model).inc(call.promptTokens());
    cachedTokens.labelValues(model).inc(call.cachedTokens());
    generatedTokens.labelValues(model).inc(call.generatedTokens());
    if (call.firstTokenNanos() > 0) {
      firstToken.labelValues(model).observe(call.firstTokenNanos() / NANOS);
      waits.labelValues(model).observe(call.queued().toNanos() / NANOS);
    }
  }

  @Override
  public void gap(Call call, long nanos) {
    if (names.contains(call.model())) {
      gaps.labelValues(call.model()).observe(nanos / NANOS);
    }
  }

  private static String reason(ApiError error) {
    return error.code() != null && REASONS.contains(error.code())
        ? error.code()
        : "status_" + error.status();
  }
}
