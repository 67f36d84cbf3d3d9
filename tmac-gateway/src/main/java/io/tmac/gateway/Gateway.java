package io.tmac.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tmac.Model;
import io.tmac.ModelInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.json.JsonMapper;

/**
 * A server over the JDK's {@link HttpServer}. At this stage it answers the probes of a deployment:
 * {@code GET /live}, {@code /ready} and {@code /health}; the last one reports the active kernels,
 * so that a deployment can notice a missing JVM flag.
 *
 * <p>Safe for use by many threads.
 */
public final class Gateway implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final long startNanos = System.nanoTime();
  private final ModelInfo info;

  private Gateway(Model model, HttpServer server) {
    this.info = model.info();
    this.server = server;
    server.setExecutor(executor);
    server.createContext("/", this::handle);
  }

  /**
   * Starts a server.
   *
   * @param model the model to serve; not closed with the server
   * @param address where to listen; port 0 picks a free one
   * @return the running server
   * @throws IOException if the address cannot be used
   */
  public static Gateway start(Model model, InetSocketAddress address) throws IOException {
    Gateway gateway = new Gateway(model, HttpServer.create(address, 0));
    gateway.server.start();
    return gateway;
  }

  /**
   * Where the server listens.
   *
   * @return host and actual port
   */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Stops at once. Idempotent. */
  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      boolean get = method.equals("GET") || method.equals("HEAD");
      Map<String, Object> body =
          switch (exchange.getRequestURI().getRawPath()) {
            case "/live" -> Map.of("alive", true);
            case "/ready" -> Map.of("ready", true);
            case "/health" -> health();
            default -> null;
          };
      if (body == null) {
        reply(exchange, 404, error("Not found", 404));
      } else if (!get) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        reply(exchange, 405, error("Method not allowed", 405));
      } else {
        reply(exchange, 200, body);
      }
    }
  }

  private static Map<String, Object> error(String text, int status) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("error", text);
    error.put("code", status);
    return error;
  }

  private Map<String, Object> health() {
    Map<String, Object> health = new LinkedHashMap<>();
    health.put("status", "healthy");
    health.put("inference_ready", true);
    health.put("uptime_seconds", (System.nanoTime() - startNanos) / 1_000_000_000);
    health.put("kernels", info.kernels());
    health.put("vector_bits", info.vectorBits());
    health.put("threads", info.threads());
    return health;
  }

  private static void reply(HttpExchange exchange, int status, Map<String, Object> body)
      throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
