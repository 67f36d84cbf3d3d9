package io.tmac.gateway.api;

import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Json;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The description of the interface, in the form of OpenAPI 3.1. Paths, methods and access come from
 * the routes themselves; what bodies look like stands in the resource {@code openapi.json}.
 */
public final class OpenApi {
  private static final Pattern VARIABLE = Pattern.compile("\\{(\\w+)}");
  private static final String JSON = "application/json";

  private final String version;
  private final Supplier<List<Route>> routes;
  private final JsonNode words = read();
  private byte[] document;

  /**
   * Creates the endpoint.
   *
   * @param version the version of this program
   * @param routes all routes
   */
  public OpenApi(String version, Supplier<List<Route>> routes) {
    this.version = version;
    this.routes = routes;
  }

  private static JsonNode read() {
    try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
      return Json.MAPPER.readTree(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route(
            "GET",
            "/openapi.json",
            Access.PUBLIC,
            "Describes this interface, as OpenAPI 3.1",
            this::send));
  }

  private synchronized byte[] document() {
    if (document == null) {
      document = Json.bytes(describe());
    }
    return document;
  }

  private void send(Call call) throws IOException {
    call.reply(200, JSON, document());
  }

  private Map<String, Object> describe() {
    Map<String, Map<String, Object>> paths = new LinkedHashMap<>();
    for (Route route : routes.get()) {
      paths
          .computeIfAbsent(route.path(), path -> new LinkedHashMap<>())
          .put(route.method().toLowerCase(Locale.ROOT), operation(route));
    }
    Map<String, Object> schemes = new LinkedHashMap<>();
    schemes.put("bearer", Map.of("type", "http", "scheme", "bearer"));
    schemes.put("key", Map.of("type", "apiKey", "in", "header", "name", "x-api-key"));
    Map<String, Object> components = new LinkedHashMap<>();
    components.put("schemas", words.path("schemas"));
    components.put("securitySchemes", schemes);
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("title", "tmac gateway");
    info.put("description", "Language models over HTTP, with the APIs of OpenAI and Ollama.");
    info.put("version", version);
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("openapi", "3.1.0");
    document.put("info", info);
    document.put("paths", paths);
    document.put("components", components);
    return document;
  }

  private Map<String, Object> operation(Route route) {
    JsonNode words = this.words.path("operations").path(route.method() + " " + route.path());
    Map<String, Object> operation = new LinkedHashMap<>();
    operation.put("summary", route.summary());
    operation.put("operationId", id(route));
    if (route.access() == Access.PUBLIC) {
      operation.put("security", List.of());
    } else {
      operation.put("security", List.of(Map.of("bearer", List.of()), Map.of("key", List.of())));
      operation.put("x-access", route.access().name().toLowerCase(Locale.ROOT));
    }
    Matcher variable = VARIABLE.matcher(route.path());
    if (variable.find()) {
      Map<String, Object> parameter = new LinkedHashMap<>();
      parameter.put("name", variable.group(1));
      parameter.put("in", "path");
      parameter.put("required", true);
      parameter.put("schema", Map.of("type", "string"));
      operation.put("parameters", List.of(parameter));
    }
    if (words.has("body")) {
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("required", true);
      body.put("content", Map.of(JSON, schema(words.path("body").asString())));
      operation.put("requestBody", body);
    }
    operation.put("responses", responses(route, words));
    return operation;
  }

  /** For example {@code post_v1_chat_completions}. */
  private static String id(Route route) {
    String path = route.path().replaceAll("[^A-Za-z0-9]+", "_").replaceFirst("_$", "");
    return route.method().toLowerCase(Locale.ROOT) + path;
  }

  private static Map<String, Object> responses(Route route, JsonNode words) {
    boolean openAi = route.path().startsWith("/v1/");
    Map<String, Object> content = new LinkedHashMap<>();
    if (words.has("reply")) {
      content.put(JSON, schema(words.path("reply").asString()));
    }
    if (words.has("events")) {
      content.put(words.path("stream").asString(), schema(words.path("events").asString()));
    }
    if (words.has("media")) {
      content.put(words.path("media").asString(), Map.of());
    }
    Map<String, Object> responses = new LinkedHashMap<>();
    if (!content.isEmpty()) {
      Map<String, Object> reply = new LinkedHashMap<>();
      reply.put("description", route.summary());
      reply.put("content", content);
      responses.put(words.path("status").asString("200"), reply);
    }
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("description", "An error");
    error.put("content", Map.of(JSON, schema(openAi ? "OpenAiError" : "Error")));
    responses.put("default", error);
    return responses;
  }

  private static Map<String, Object> schema(String name) {
    return Map.of("schema", Map.of("$ref", "#/components/schemas/" + name));
  }
}
