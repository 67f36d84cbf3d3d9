package io.tmac.gateway.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One request and its reply. Used by one thread.
 *
 * <p>The exchange's own attributes are not used: the JDK shares them among all requests.
 */
public final class Call {
  private final HttpExchange exchange;
  private final String id;
  private final long startNanos = System.nanoTime();
  private final int maxBody;
  private final Streams streams;
  private final List<Observer> observers;
  private Route route;
  private String pathValue = "";
  private Guard.Admission admission;
  private Principal principal = Principal.NOBODY;
  private int status;
  private String model = "";
  private long promptTokens;
  private long cachedTokens;
  private long generatedTokens;
  private long firstTokenNanos;
  private long lastTokenNanos;
  private Duration queued = Duration.ZERO;
  private ApiError failure;

  Call(HttpExchange exchange, String id, int maxBody, Streams streams, List<Observer> observers) {
    this.exchange = exchange;
    this.id = id;
    this.maxBody = maxBody;
    this.streams = streams;
    this.observers = observers;
  }

  void routed(Router.Match match) {
    route = match.route();
    pathValue = decoded(match.value());
  }

  /** Undoes percent-encoding. What may not be hidden in it, the dispatcher has refused. */
  private static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiError.of(400, "This path is not allowed");
    }
  }

  void admitted(Guard.Admission admission) {
    this.admission = admission;
    this.principal = admission.principal();
  }

  /** Returns the id of this request, which the reply carries as {@code x-request-id}. */
  public String id() {
    return id;
  }

  /** Returns the part of the id that is random, for other ids. */
  public String shortId() {
    return id.substring(id.indexOf('-') + 1);
  }

  /** Returns the HTTP method. */
  public String method() {
    return exchange.getRequestMethod();
  }

  /** Returns the path as it was sent. */
  public String path() {
    String path = exchange.getRequestURI().getRawPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  /** Whether the request line has the form {@code //host/path}, of which only the path remains. */
  boolean namesHostOnly() {
    URI uri = exchange.getRequestURI();
    return uri.getScheme() == null && uri.getRawAuthority() != null;
  }

  /** Returns the path of the route, for statistics; empty before one was found. */
  public String routePath() {
    return route == null ? "" : route.path();
  }

  /** Returns the value of the variable segment of the path. */
  public String pathValue() {
    return pathValue;
  }

  /** Returns who calls. */
  public Principal principal() {
    return principal;
  }

  /** Returns the client's address. */
  public InetSocketAddress client() {
    return exchange.getRemoteAddress();
  }

  /** Returns the first header of a name. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  /** Returns all headers of a name. */
  public List<String> headers(String name) {
    return exchange.getRequestHeaders().getOrDefault(name, List.of());
  }

  /** Returns the headers of the reply. */
  public Headers replyHeaders() {
    return exchange.getResponseHeaders();
  }

  /** Whether errors have OpenAI's shape. */
  public boolean openAi() {
    return path().startsWith("/v1/") || path().equals("/v1");
  }

  /** Returns the time since the request came, in nanoseconds. */
  public long nanos() {
    return System.nanoTime() - startNanos;
  }

  /**
   * Reads the body, which must be a JSON object.
   *
   * @throws ApiError with status 400, 413 or 415
   */
  public Fields json() throws IOException {
    String type = header("Content-Type").orElse("application/json");
    String media = type.split(";", 2)[0].strip();
    if (!media.equalsIgnoreCase("application/json")) {
      throw ApiError.of(415, "Send the body as application/json");
    }
    String encoding = header("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw ApiError.of(415, "Send the body uncompressed");
    }
    return Json.object(body());
  }

  private byte[] body() throws IOException {
    // The server has checked that it is a number, if it is there.
    if (header("Content-Length").map(Long::parseLong).orElse(0L) > maxBody) {
      throw tooLong();
    }
    InputStream in = exchange.getRequestBody();
    byte[] body = in.readNBytes(maxBody + 1);
    if (body.length > maxBody) {
      throw tooLong();
    }
    return body;
  }

  private ApiError tooLong() {
    return ApiError.of(413, "The body must have at most " + maxBody + " bytes");
  }

  /**
   * Says which model the call is about, before the model is used.
   *
   * @throws ApiError with status 403 if the caller may not use it
   */
  public void model(String id) {
    model = id;
    checkModel(id);
  }

  /**
   * Checks that the caller may use a model. Any thread may ask.
   *
   * @throws ApiError with status 403
   */
  public void checkModel(String id) {
    if (admission != null) {
      admission.checkModel(id);
    }
  }

  /** Says how many tokens the call has read and written; later values replace earlier ones. */
  public void tokens(long prompt, long cached, long generated) {
    long before = promptTokens + generatedTokens;
    promptTokens = prompt;
    cachedTokens = cached;
    generatedTokens = generated;
    if (admission != null) {
      admission.countTokens(prompt + generated - before);
    }
  }

  /** Says that the reply went wrong after it had begun. */
  public void failed(ApiError error) {
    failure = error;
  }

  /** Returns what went wrong after the reply had begun, or null. */
  ApiError failure() {
    return failure;
  }

  /** Says that another piece of an answer is there. */
  public void piece() {
    long now = nanos();
    if (firstTokenNanos == 0) {
      firstTokenNanos = now;
    } else {
      for (Observer observer : observers) {
        observer.gap(this, now - lastTokenNanos);
      }
    }
    lastTokenNanos = now;
  }

  /** Says how long the answer waited for its turn. */
  public void queued(Duration time) {
    queued = time;
  }

  /** Returns how long the answer waited for its turn. */
  public Duration queued() {
    return queued;
  }

  /** Returns the model, or an empty string. */
  public String model() {
    return model;
  }

  /** Returns the tokens of the prompt. */
  public long promptTokens() {
    return promptTokens;
  }

  /** Returns how many of them were not computed again. */
  public long cachedTokens() {
    return cachedTokens;
  }

  /** Returns the tokens written. */
  public long generatedTokens() {
    return generatedTokens;
  }

  /** Returns the time to the first token in nanoseconds, 0 if there was none. */
  public long firstTokenNanos() {
    return firstTokenNanos;
  }

  /** Returns the status of the reply, 0 before there is one. */
  public int status() {
    return status;
  }

  /** Replies with JSON. */
  public void reply(int status, Object body) throws IOException {
    reply(status, "application/json", Json.bytes(body));
  }

  /** Replies with bytes. */
  public void reply(int status, String contentType, byte[] bytes) throws IOException {
    begin(status, contentType);
    if (method().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      streams.write(exchange.getResponseBody(), bytes);
    }
  }

  /** Begins a reply that is sent event by event. */
  public EventStream stream(EventStream.Format format) throws IOException {
    begin(200, format.contentType());
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Accel-Buffering", "no");
    exchange.sendResponseHeaders(200, 0);
    return new EventStream(format, exchange.getResponseBody(), streams);
  }

  private void begin(int status, String contentType) {
    this.status = status;
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", contentType);
    headers.set("x-request-id", id);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    if (!headers.containsKey("Content-Security-Policy")) {
      headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
    if (exchange instanceof HttpsExchange) {
      headers.set("Strict-Transport-Security", "max-age=31536000");
    }
    if (!headers.containsKey("Cache-Control")) {
      headers.set("Cache-Control", "no-store");
    }
  }
}
