package io.tmac.gateway.socket;

import com.sun.net.httpserver.HttpHandler;
import io.tmac.gateway.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.java_websocket.WebSocket;
import org.java_websocket.framing.CloseFrame;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One connection: first a key or token, then chats, one at a time.
 *
 * <pre>
 * client: {"type": "auth", "key": "tmac-..."}         server: {"type": "ready", "models": [...]}
 * client: {"type": "chat", "model": ..., "messages": [...], ...}
 *                                                     server: {"type": "delta", "content": "..."} ...
 *                                                             {"type": "done", "finish_reason", "usage"}
 * client: {"type": "cancel"}                          server: {"type": "cancelled"}
 *                                                     server: {"type": "error", "status", "error": {...}}
 * </pre>
 */
final class Talk {
  private static final int CONFLICT = 409;

  private final WebSocket socket;
  private final HttpHandler handler;
  private final String host;
  private volatile String key;
  private volatile long lastNanos = System.nanoTime();
  private Thread running;
  private boolean cancelled;

  /**
   * Begins a conversation.
   *
   * @param handler answers requests, as those that come by HTTP
   * @param host the Host header of the handshake
   */
  Talk(WebSocket socket, HttpHandler handler, String host) {
    this.socket = socket;
    this.handler = handler;
    this.host = host;
  }

  /** Whether somebody has shown a key. */
  boolean known() {
    return key != null;
  }

  /** Nanoseconds since the last message; 0 while an answer runs. */
  synchronized long idleNanos() {
    return running != null ? 0 : System.nanoTime() - lastNanos;
  }

  /** Takes a message. */
  void message(String text) {
    lastNanos = System.nanoTime();
    JsonNode message;
    try {
      message = Json.MAPPER.readTree(text);
    } catch (JacksonException e) {
      complain(400, "The message is not valid JSON");
      return;
    }
    switch (message.path("type").asString("")) {
      case "auth" -> {
        String given = message.path("key").asString("");
        start(() -> login(given));
      }
      case "chat" -> {
        if (key == null) {
          complain(401, "Send a message of type auth first");
          socket.close(CloseFrame.POLICY_VALIDATION, "no key");
        } else if (message instanceof ObjectNode chat) {
          start(() -> chat(chat));
        }
      }
      case "cancel" -> cancel();
      default -> complain(400, "A message must have the type auth, chat or cancel");
    }
  }

  /** Every request has a thread of its own; the socket's thread never waits. */
  private synchronized void start(Supplier<Map<String, Object>> work) {
    if (running != null) {
      complain(CONFLICT, "An answer is running; cancel it, or wait for its end");
      return;
    }
    cancelled = false;
    running =
        Thread.ofVirtual()
            .name("tmac-gateway-socket")
            .unstarted(() -> {
              Map<String, Object> last;
              try {
                last = work.get();
              } finally {
                ended();
              }
              // Whoever hears this may ask again at once.
              send(last);
              if (key == null) {
                socket.close(CloseFrame.POLICY_VALIDATION, "not let in");
              }
            });
    running.start();
  }

  private synchronized void ended() {
    lastNanos = System.nanoTime();
    running = null;
  }

  /** Stops the running answer, if there is one. */
  synchronized void cancel() {
    if (running != null) {
      cancelled = true;
      running.interrupt();
    }
  }

  private synchronized boolean isCancelled() {
    return cancelled || !socket.isOpen();
  }

  private void send(Map<String, Object> message) {
    if (socket.isOpen()) {
      socket.send(new String(Json.bytes(message), StandardCharsets.UTF_8));
    }
  }

  private static Map<String, Object> error(int status, Object error) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("type", "error");
    message.put("status", status);
    message.put("error", error);
    return message;
  }

  private void complain(int status, String what) {
    send(error(status, Map.of("message", what)));
  }

  private SocketExchange exchange(
      String method, String path, String bearer, byte[] body, OutputStream out) {
    SocketExchange exchange =
        new SocketExchange(
            method,
            path,
            socket.getRemoteSocketAddress(),
            socket.getLocalSocketAddress(),
            body,
            out);
    exchange.getRequestHeaders().set("Host", host);
    if (!bearer.isEmpty()) {
      exchange.getRequestHeaders().set("Authorization", "Bearer " + bearer);
    }
    return exchange;
  }

  private Map<String, Object> login(String given) {
    ByteArrayOutputStream reply = new ByteArrayOutputStream();
    SocketExchange exchange = exchange("GET", "/v1/models", given, new byte[0], reply);
    int status = handle(exchange);
    JsonNode body = Json.MAPPER.readTree(reply.toByteArray());
    if (status != 200) {
      return error(status, body.path("error"));
    }
    key = given;
    List<String> models =
        body.path("data").valueStream().map(model -> model.path("id").asString()).toList();
    return Map.of("type", "ready", "models", models);
  }

  private int handle(SocketExchange exchange) {
    try {
      handler.handle(exchange);
    } catch (IOException e) {
      throw new IllegalStateException(e); // The dispatcher answers whatever goes wrong.
    }
    return exchange.getResponseCode();
  }

  private Map<String, Object> chat(ObjectNode message) {
    message.remove("type");
    message.put("stream", true);
    message.putObject("stream_options").put("include_usage", true);
    Answer answer = new Answer();
    SocketExchange exchange =
        exchange("POST", "/v1/chat/completions", key, Json.bytes(message), answer);
    int status = handle(exchange);
    if (isCancelled()) {
      return Map.of("type", "cancelled");
    }
    return status == 200
        ? answer.end()
        : error(status, Json.MAPPER.readTree(answer.rest()).path("error"));
  }

  /** Turns the server-sent events of an answer into messages; other bodies it keeps. */
  private final class Answer extends OutputStream {
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private final Map<String, Object> done = new LinkedHashMap<>();
    private Map<String, Object> failure;

    @Override
    public void write(int value) {
      rest.write(value);
    }

    @Override
    public void write(byte[] bytes, int start, int length) {
      rest.write(bytes, start, length);
    }

    /** Sends what is complete, once the client has taken what was sent before. */
    @Override
    public void flush() throws IOException {
      try {
        while (socket.hasBufferedData() && socket.isOpen()) {
          Thread.sleep(1);
        }
      } catch (InterruptedException e) {
        if (!isCancelled()) {
          socket.closeConnection(CloseFrame.POLICY_VALIDATION, "does not read");
        }
        throw new IOException("cancelled or cut off", e);
      }
      if (isCancelled()) {
        throw new IOException("cancelled");
      }
      String text = rest.toString(StandardCharsets.UTF_8);
      int from = 0;
      for (int end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n", from)) {
        String event = text.substring(from, end);
        from = end + 2;
        if (event.startsWith("data: {")) {
          event(Json.MAPPER.readTree(event.substring("data: ".length())));
        }
      }
      rest.reset();
      rest.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
    }

    private void event(JsonNode event) {
      if (event.has("error")) {
        failure = error(HttpURLConnection.HTTP_BAD_GATEWAY, event.path("error"));
        return;
      }
      for (JsonNode choice : event.path("choices")) {
        String text = choice.path("delta").path("content").asString("");
        if (!text.isEmpty()) {
          Map<String, Object> message = new LinkedHashMap<>();
          message.put("type", "delta");
          message.put("content", text);
          if (choice.path("index").asInt(0) > 0) {
            message.put("index", choice.path("index").intValue());
          }
          send(message);
        }
        if (choice.hasNonNull("finish_reason")) {
          done.put("finish_reason", choice.path("finish_reason").asString());
        }
      }
      if (event.path("usage").isObject()) {
        done.put("usage", event.path("usage"));
      }
    }

    byte[] rest() {
      return rest.toByteArray();
    }

    /** The last message. */
    Map<String, Object> end() {
      if (failure != null) {
        return failure;
      }
      Map<String, Object> message = new LinkedHashMap<>();
      message.put("type", "done");
      message.putAll(done);
      return message;
    }
  }
}
