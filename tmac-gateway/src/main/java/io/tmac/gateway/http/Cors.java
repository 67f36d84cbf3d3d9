package io.tmac.gateway.http;

import com.sun.net.httpserver.Headers;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * What pages of other sites may do (Fetch standard, CORS protocol). Unless their origin was allowed
 * they read nothing, and what would change or cost something is refused, since a browser sends some
 * requests without asking first. Credentials of the browser, such as cookies, are never allowed;
 * there are none.
 */
public final class Cors {
  /** No other site. */
  public static final Cors CLOSED = new Cors(Set.of());

  private static final String HEADER_LIST = "[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,1000}";
  private static final String EXPOSED =
      "x-request-id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";

  private final Set<String> origins;

  /**
   * Allows origins.
   *
   * @param origins such as {@code https://app.example}; {@code *} for all
   */
  public Cors(Set<String> origins) {
    this.origins = Set.copyOf(origins);
  }

  /**
   * Sets the headers of the reply, and answers a browser that asks beforehand.
   *
   * @return whether the call has been answered
   * @throws ApiError with status 403
   */
  boolean handle(Call call) throws IOException {
    Optional<String> origin = call.header("Origin");
    if (origin.isEmpty() || isSame(call, origin.get())) {
      return false;
    }
    boolean any = origins.contains("*");
    if (!any && !origins.contains(origin.get())) {
      if (call.method().equals("GET") || call.method().equals("HEAD")) {
        return false;
      }
      throw ApiError.of(403, "Pages of this origin may not call this server");
    }
    Headers headers = call.replyHeaders();
    headers.set("Access-Control-Allow-Origin", any ? "*" : origin.get());
    headers.set("Access-Control-Expose-Headers", EXPOSED);
    if (!any) {
      headers.set("Vary", "Origin");
    }
    if (!call.method().equals("OPTIONS")
        || call.header("Access-Control-Request-Method").isEmpty()) {
      return false;
    }
    headers.set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
    call.header("Access-Control-Request-Headers")
        .filter(names -> names.matches(HEADER_LIST))
        .ifPresent(names -> headers.set("Access-Control-Allow-Headers", names));
    headers.set("Access-Control-Max-Age", "600");
    call.reply(204, "text/plain", new byte[0]);
    return true;
  }

  /** Whether it is a page of this server; a proxy may have taken the TLS off. */
  private static boolean isSame(Call call, String origin) {
    String host = call.header("Host").orElse("");
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }
}
