package io.tmac.gateway.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** The JDK's server with one context and a virtual thread per request. */
public final class WebServer implements AutoCloseable {
  private static final Duration MOMENT = Duration.ofMillis(200);
  private static final Duration END = Duration.ofSeconds(2);

  private final HttpServer server;
  private final HttpHandler handler;
  private final ExecutorService executor;
  private final Streams streams;

  /**
   * How to listen.
   *
   * @param address where; port 0 picks a free one
   * @param tls certificate and key, or empty for plain HTTP
   * @param hosts names that the Host header may have; empty for any
   * @param cors what pages of other sites may do
   * @param maxBody bytes that a body may have
   * @param stallTimeout how long one write may wait for a client that does not read
   */
  public record Options(
      InetSocketAddress address,
      Optional<SSLContext> tls,
      Set<String> hosts,
      Cors cors,
      int maxBody,
      Duration stallTimeout) {

    /** The same without any other site's pages. */
    public Options(
        InetSocketAddress address,
        Optional<SSLContext> tls,
        Set<String> hosts,
        int maxBody,
        Duration stallTimeout) {
      this(address, tls, hosts, Cors.CLOSED, maxBody, stallTimeout);
    }
  }

  private WebServer(
      HttpServer server, HttpHandler handler, ExecutorService executor, Streams streams) {
    this.server = server;
    this.handler = handler;
    this.executor = executor;
    this.streams = streams;
  }

  /**
   * Sets what the JDK's server reads from system properties, once, before the first one is made.
   * Values that somebody has set already stay. Without them a stream stalls for 40 ms at a time
   * (Nagle) and half a request is waited for without end.
   */
  private static void properties() {
    setIfAbsent("sun.net.httpserver.nodelay", "true");
    setIfAbsent("sun.net.httpserver.maxReqTime", "30");
    setIfAbsent("sun.net.httpserver.maxIdleConnections", "10000");
    setIfAbsent("sun.net.httpserver.maxReqHeaderSize", "32768");
    setIfAbsent("jdk.httpserver.maxConnections", "10000");
  }

  private static void setIfAbsent(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  /**
   * Starts a server.
   *
   * @param options how to listen
   * @param router what is answered
   * @param guard who is let in
   * @param observers who hears of calls
   * @return the running server
   * @throws IOException if the address cannot be used
   */
  public static WebServer start(
      Options options, Router router, Guard guard, List<Observer> observers) throws IOException {
    properties();
    HttpServer server =
        options.tls().isPresent()
            ? HttpsServer.create(options.address(), 1024)
            : HttpServer.create(options.address(), 1024);
    if (server instanceof HttpsServer https) {
      https.setHttpsConfigurator(new HttpsConfigurator(options.tls().orElseThrow()));
    }
    ExecutorService executor =
        Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("tmac-gateway-request-", 0).factory());
    Streams streams = new Streams(options.stallTimeout());
    server.setExecutor(executor);
    HttpHandler handler =
        new Dispatcher(
            router, guard, observers, options.hosts(), options.cors(), options.maxBody(), streams);
    server.createContext("/", handler);
    server.start();
    return new WebServer(server, handler, executor, streams);
  }

  /** Returns what answers requests, for those that come another way. */
  public HttpHandler handler() {
    return handler;
  }

  /** Returns where the server listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /**
   * Stops: calls that do not end within a moment are interrupted. Draining is the caller's; the
   * moment is for calls whose reply is complete and that are only to be reported. Idempotent.
   */
  @Override
  public void close() {
    executor.shutdown();
    await(MOMENT);
    executor.shutdownNow();
    server.stop(0);
    streams.close();
    await(END);
  }

  private void await(Duration patience) {
    try {
      var _ = executor.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
