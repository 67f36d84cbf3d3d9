package io.tmac.gateway.socket;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.java_websocket.WebSocket;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.exceptions.InvalidDataException;
import org.java_websocket.framing.CloseFrame;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.handshake.ServerHandshakeBuilder;
import org.java_websocket.protocols.Protocol;
import org.java_websocket.server.DefaultSSLWebSocketServerFactory;
import org.java_websocket.server.WebSocketServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streaming chats over WebSocket (RFC 6455), on a port of its own because the JDK's HTTP server
 * cannot hand a connection over. What is asked goes the way of every HTTP request, so keys, limits,
 * statistics and metrics are the same.
 */
public final class ChatSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChatSocket.class);
  private static final Duration LOGIN = Duration.ofSeconds(10);
  private static final int LOST_SECONDS = 30;
  private static final int START_SECONDS = 10;

  private final Server server;
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("tmac-gateway-socket-idle").factory());

  /**
   * How to listen.
   *
   * @param address where; port 0 picks a free one
   * @param tls certificate and key, or empty for plain connections
   * @param origins pages that may connect, such as {@code https://app.example}; {@code *} for all
   * @param maxMessage bytes of a message
   * @param maxConnections connections at the same time
   * @param idle after what silence a connection is closed
   */
  public record Options(
      InetSocketAddress address,
      Optional<SSLContext> tls,
      Set<String> origins,
      int maxMessage,
      int maxConnections,
      Duration idle) {}

  private ChatSocket(Server server) {
    this.server = server;
  }

  /**
   * Starts to listen.
   *
   * @param handler answers requests
   * @throws IOException if the address cannot be used
   */
  public static ChatSocket start(Options options, HttpHandler handler) throws IOException {
    Server server = new Server(options, handler);
    ChatSocket socket = new ChatSocket(server);
    server.setDaemon(true);
    server.setReuseAddr(true);
    server.setTcpNoDelay(true);
    server.setConnectionLostTimeout(LOST_SECONDS);
    options.tls().map(DefaultSSLWebSocketServerFactory::new).ifPresent(server::setWebSocketFactory);
    server.start();
    try {
      server.started.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      socket.close();
      throw new IOException(
          "cannot listen on " + options.address() + ": " + e.getCause().getMessage(), e);
    } catch (InterruptedException | TimeoutException e) {
      socket.close();
      throw new IOException("cannot listen on " + options.address(), e);
    }
    long period = Math.max(1, Math.min(LOGIN.toMillis(), options.idle().toMillis()) / 4);
    socket.timer.scheduleWithFixedDelay(server::sweep, period, period, TimeUnit.MILLISECONDS);
    return socket;
  }

  /** Returns the port. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      server.stop(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Server extends WebSocketServer {
    private final Options options;
    private final HttpHandler handler;
    final CompletableFuture<Void> started = new CompletableFuture<>();

    Server(Options options, HttpHandler handler) {
      super(options.address(), 1, List.of(draft(options.maxMessage())));
      this.options = options;
      this.handler = handler;
    }

    private static Draft draft(int maxMessage) {
      return new Draft_6455(List.of(), List.of(new Protocol("")), maxMessage);
    }

    /** Pages of other sites must not use what a browser may reach. */
    @Override
    public ServerHandshakeBuilder onWebsocketHandshakeReceivedAsServer(
        WebSocket socket, Draft draft, ClientHandshake request) throws InvalidDataException {
      String origin = request.getFieldValue("Origin");
      boolean allowed =
          origin.isEmpty()
              || options.origins().contains("*")
              || options.origins().contains(origin.toLowerCase(Locale.ROOT));
      if (!allowed) {
        throw new InvalidDataException(CloseFrame.POLICY_VALIDATION, "this origin may not connect");
      }
      if (getConnections().size() >= options.maxConnections()) {
        throw new InvalidDataException(CloseFrame.TRY_AGAIN_LATER, "too many connections");
      }
      return super.onWebsocketHandshakeReceivedAsServer(socket, draft, request);
    }

    @Override
    public void onOpen(WebSocket socket, ClientHandshake handshake) {
      socket.setAttachment(new Talk(socket, handler, handshake.getFieldValue("Host")));
    }

    @Override
    public void onMessage(WebSocket socket, String message) {
      Talk talk = socket.getAttachment();
      if (talk != null) {
        talk.message(message);
      }
    }

    @Override
    public void onClose(WebSocket socket, int code, String reason, boolean remote) {
      Talk talk = socket.getAttachment();
      if (talk != null) {
        talk.cancel();
      }
    }

    @Override
    public void onError(WebSocket socket, Exception e) {
      if (socket == null) {
        started.completeExceptionally(e);
      }
      LOG.debug("a WebSocket failed", e);
    }

    @Override
    public void onStart() {
      started.complete(null);
    }

    /** Closes connections without a key, and those that have been silent for long. */
    void sweep() {
      for (WebSocket socket : getConnections()) {
        Talk talk = socket.getAttachment();
        long patience = (talk != null && talk.known() ? options.idle() : LOGIN).toNanos();
        if (talk != null && talk.idleNanos() > patience) {
          socket.close(CloseFrame.NORMAL, "idle");
        }
      }
    }
  }
}
