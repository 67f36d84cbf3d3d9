package io.tmac.gateway.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request: host, path, key, limits, route, role, handler. Whatever goes wrong on
 * it is answered, and every call is reported at its end.
 *
 * <p>A path that does not exist asks for a key first, so that nobody can look around without one.
 */
final class Dispatcher implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
  private static final int RETRY_SECONDS = 5;
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Router router;
  private final Guard guard;
  private final List<Observer> observers;
  private final Set<String> hosts;
  private final Cors cors;
  private final int maxBody;
  private final Streams streams;

  /**
   * Creates the way.
   *
   * @param hosts names that the Host header may have, without ports; empty for any
   * @param cors what pages of other sites may do
   */
  Dispatcher(
      Router router,
      Guard guard,
      List<Observer> observers,
      Set<String> hosts,
      Cors cors,
      int maxBody,
      Streams streams) {
    this.router = router;
    this.guard = guard;
    this.observers = List.copyOf(observers);
    this.hosts = Set.copyOf(hosts);
    this.cors = cors;
    this.maxBody = maxBody;
    this.streams = streams;
  }

  @Override
  public void handle(HttpExchange exchange) {
    Call call = new Call(exchange, newId(), maxBody, streams, observers);
    Throwable failure = null;
    try {
      try {
        answer(call);
      } catch (ApiError e) {
        failure = e;
        refuse(call, e);
      } catch (IOException e) {
        failure = e; // The client has gone.
      } catch (InterruptedException e) {
        failure = e;
        refuse(call, ApiError.of(503, "The server is about to stop").retryAfter(RETRY_SECONDS));
      } catch (Exception | StackOverflowError | OutOfMemoryError e) {
        failure = e;
        LOG.error("request {} failed", call.id(), e);
        refuse(call, ApiError.of(500, "Internal error; the log has it as request " + call.id()));
      }
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    } finally {
      close(exchange);
      report(call, failure == null ? call.failure() : failure);
    }
  }

  private void answer(Call call) throws Exception {
    checkHost(call);
    checkLength(call);
    checkPath(call);
    if (cors.handle(call)) {
      return;
    }
    if (router.isPublic(call.path())) {
      Router.Match match = router.find(call.method(), call.path());
      call.routed(match);
      match.route().handler().handle(call);
      return;
    }
    try (Guard.Admission admission = guard.admit(call)) {
      call.admitted(admission);
      Router.Match match = router.find(call.method(), call.path());
      call.routed(match);
      if (match.route().access() == Access.ADMIN && !call.principal().admin()) {
        throw ApiError.of(403, "Admin access required");
      }
      match.route().handler().handle(call);
    }
  }

  /** Pages of other sites must not reach a server of this machine under a name of their own. */
  private void checkHost(Call call) {
    List<String> given = call.headers("Host");
    if (given.size() != 1) {
      throw ApiError.of(400, "There must be exactly one Host header");
    }
    if (!hosts.isEmpty() && !hosts.contains(name(given.getFirst()))) {
      throw ApiError.of(403, "This server does not answer to the host name that was asked for");
    }
  }

  private static String name(String host) {
    int colon = host.lastIndexOf(':');
    boolean port = colon > host.lastIndexOf(']');
    String name = port ? host.substring(0, colon) : host;
    return name.toLowerCase(Locale.ROOT);
  }

  /** A number that a proxy could read otherwise than the JDK's server does, such as +5. */
  private static void checkLength(Call call) {
    if (!call.headers("Content-Length").stream().allMatch(LENGTH.asMatchPredicate())) {
      throw ApiError.of(400, "Content-Length must be a number").withHeader("Connection", "close");
    }
  }

  private static void checkPath(Call call) {
    String path = call.path();
    String lower = path.toLowerCase(Locale.ROOT);
    if (call.namesHostOnly()
        || !path.startsWith("/")
        || path.contains("//")
        || path.contains("/../")
        || path.contains("/./")
        || path.endsWith("/..")
        || path.endsWith("/.")
        || path.indexOf('\\') >= 0
        || lower.contains("%2f")
        || lower.contains("%5c")
        || lower.contains("%2e")
        || lower.contains("%00")) {
      throw ApiError.of(400, "This path is not allowed");
    }
  }

  private static void refuse(Call call, ApiError error) throws IOException {
    if (call.status() != 0) {
      return; // The reply has begun; its handler has said what there was to say.
    }
    if (error.isFinal()) {
      call.replyHeaders().set("x-should-retry", "false"); // Clients of OpenAI obey it.
    }
    error.headers().forEach(call.replyHeaders()::set);
    call.reply(error.status(), error.body(call.openAi()));
  }

  private void close(HttpExchange exchange) {
    try {
      exchange.close();
    } catch (RuntimeException e) {
      LOG.debug("closing an exchange", e);
    } finally {
      // An interrupt that freed a stuck writer is of no meaning to the next request.
      Thread.interrupted();
    }
  }

  private void report(Call call, Throwable failure) {
    for (Observer observer : observers) {
      try {
        observer.ended(call, failure);
      } catch (RuntimeException e) {
        LOG.error("reporting request {}", call.id(), e);
      }
    }
  }

  private static String newId() {
    byte[] bytes = new byte[12];
    RANDOM.nextBytes(bytes);
    return "req-" + HexFormat.of().formatHex(bytes);
  }
}
