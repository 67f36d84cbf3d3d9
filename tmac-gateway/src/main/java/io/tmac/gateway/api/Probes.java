package io.tmac.gateway.api;

import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Answers the probes of a deployment. */
public final class Probes {
  private final Models models;
  private final BooleanSupplier accepting;
  private final long startNanos = System.nanoTime();

  /**
   * Creates the endpoints.
   *
   * @param models the models
   * @param accepting false while the server drains
   */
  public Probes(Models models, BooleanSupplier accepting) {
    this.models = models;
    this.accepting = accepting;
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/live", Access.PUBLIC, "Whether the process runs", this::live),
        new Route("GET", "/ready", Access.PUBLIC, "Whether requests are served", this::ready),
        new Route("GET", "/health", Access.PUBLIC, "State and active kernels", this::health));
  }

  private void live(Call call) throws IOException {
    call.reply(200, Map.of("alive", true));
  }

  private boolean isReady() {
    return accepting.getAsBoolean() && models.ready();
  }

  private void ready(Call call) throws IOException {
    boolean inference = models.ready();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("ready", isReady());
    body.put("checks", Map.of("inference", inference, "accepting", accepting.getAsBoolean()));
    call.reply(isReady() ? 200 : 503, body);
  }

  private void health(Call call) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("status", isReady() ? "healthy" : "degraded");
    body.put("inference_ready", models.ready());
    Map<String, Object> ready = new LinkedHashMap<>();
    models.all().forEach(model -> ready.put(model.id(), model.ready()));
    body.put("models", ready);
    body.put("uptime_seconds", (System.nanoTime() - startNanos) / 1_000_000_000);
    models.all().stream()
        .findFirst()
        .map(ServedModel::card)
        .ifPresent(card -> {
          for (String key : List.of("kernels", "vector_bits", "threads")) {
            body.put(key, card.info().get("tmac." + key));
          }
        });
    call.reply(200, body);
  }
}
