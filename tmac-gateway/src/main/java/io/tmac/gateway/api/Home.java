package io.tmac.gateway.api;

import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The root: what there is, as JSON, or the page for browsers. */
public final class Home {
  private final String version;
  private final Supplier<List<Route>> routes;
  private final Optional<Route.Handler> page;

  /**
   * Creates the endpoint.
   *
   * @param version the version of this program
   * @param routes all routes
   * @param page answers browsers, if there is a page
   */
  public Home(String version, Supplier<List<Route>> routes, Optional<Route.Handler> page) {
    this.version = version;
    this.routes = routes;
    this.page = page;
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(new Route("GET", "/", Access.PUBLIC, "Tells what there is", this::home));
  }

  private void home(Call call) throws Exception {
    call.replyHeaders().set("Vary", "Accept");
    if (page.isPresent() && call.header("Accept").orElse("").contains("text/html")) {
      page.get().handle(call);
      return;
    }
    Map<String, Object> endpoints = new LinkedHashMap<>();
    for (Route route : routes.get()) {
      endpoints.put(route.method() + " " + route.path(), route.summary());
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("service", "tmac-gateway");
    body.put("version", version);
    body.put("description", "Language models over HTTP, with the APIs of OpenAI and Ollama");
    body.put("endpoints", endpoints);
    call.reply(200, body);
  }
}
