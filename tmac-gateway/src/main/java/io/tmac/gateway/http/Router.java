package io.tmac.gateway.http;

import java.util.List;
import java.util.TreeSet;

/** Finds the route of a call: exact paths first, then those with a variable segment. */
public final class Router {
  private final List<Route> routes;

  /**
   * A route and the value of its variable segment.
   *
   * @param route the route
   * @param value the value, empty for a path without one
   */
  record Match(Route route, String value) {}

  /** Takes the table. */
  public Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  /** Returns the table. */
  public List<Route> routes() {
    return routes;
  }

  /**
   * Finds a route.
   *
   * @throws ApiError with status 404, or 405 if the path answers to other methods
   */
  Match find(String method, String path) {
    TreeSet<String> allowed = new TreeSet<>();
    String wanted = method.equals("HEAD") ? "GET" : method;
    Match variable = null;
    for (Route route : routes) {
      String value = route.match(path);
      if (value == null) {
        continue;
      }
      allowed.add(route.method());
      if (route.method().equals(wanted)) {
        if (value.isEmpty()) {
          return new Match(route, value);
        }
        variable = new Match(route, value);
      }
    }
    if (variable != null) {
      return variable;
    }
    if (allowed.isEmpty()) {
      throw ApiError.notFound("Not found: " + path);
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    throw ApiError.of(405, "Method not allowed: " + method + " " + path)
        .withHeader("Allow", String.join(", ", allowed));
  }

  /** Whether a call needs no key: only if the path is one of a public route. */
  boolean isPublic(String path) {
    boolean found = false;
    for (Route route : routes) {
      if (route.match(path) != null) {
        if (route.access() != Access.PUBLIC) {
          return false;
        }
        found = true;
      }
    }
    return found;
  }
}
