package io.tmac.gateway.auth;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.limit.Limiter;
import io.tmac.gateway.store.StoreException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who shows a valid key or token and is within its limits. Whether a key is unknown,
 * revoked or expired is not told.
 */
public final class Gatekeeper implements Guard {
  private static final Logger LOG = LoggerFactory.getLogger(Gatekeeper.class);
  private static final String BEARER = "Bearer ";
  private static final int RETRY_SECONDS = 5;

  private final Keys keys;
  private final Tokens tokens;
  private final LoginLimit logins;
  private final Clients clients;
  private final Limiter limiter;

  /** Brings together what decides. */
  public Gatekeeper(Keys keys, Tokens tokens, LoginLimit logins, Clients clients, Limiter limiter) {
    this.keys = keys;
    this.tokens = tokens;
    this.logins = logins;
    this.clients = clients;
    this.limiter = limiter;
  }

  @Override
  public Admission admit(Call call) {
    return admit(credential(call), clients.of(call), call.replyHeaders()::set);
  }

  /**
   * Lets somebody in who does not come with an HTTP request.
   *
   * @param credential a key or a token
   * @param client its address
   * @param headers takes headers that tell the state of the limits
   * @throws ApiError with status 401 or 429
   */
  public Admission admit(
      String credential, InetAddress client, BiConsumer<String, String> headers) {
    logins.check(client);
    Optional<Identity> found;
    boolean token = Tokens.hasForm(credential);
    try {
      found =
          token
              ? tokens.authenticate(credential)
              : ApiKey.hasForm(credential)
                  ? keys.authenticate(credential).map(Identity::of)
                  : Optional.empty();
    } catch (StoreException e) {
      LOG.error("keys cannot be checked", e);
      throw ApiError.of(503, "Keys cannot be checked at the moment").retryAfter(RETRY_SECONDS);
    }
    if (found.isEmpty()) {
      logins.failed(client);
      throw unauthorized(token ? "Invalid token" : "Invalid API key");
    }
    Identity identity = found.get();
    return new Entry(
        identity, limiter.enter(identity.principal().id(), identity.limits(), headers));
  }

  private static String credential(Call call) {
    List<String> authorization = call.headers("Authorization");
    List<String> key = call.headers("x-api-key");
    if (authorization.size() + key.size() > 1) {
      throw ApiError.of(400, "Send one Authorization or x-api-key header, not several");
    }
    if (!key.isEmpty()) {
      return key.getFirst();
    }
    if (authorization.isEmpty()) {
      throw unauthorized("Missing Authorization header");
    }
    String value = authorization.getFirst();
    if (!value.startsWith(BEARER)) {
      throw unauthorized("Invalid Authorization header format");
    }
    return value.substring(BEARER.length());
  }

  private static ApiError unauthorized(String message) {
    return ApiError.of(401, message)
        .withCode("invalid_api_key")
        .withHeader("WWW-Authenticate", "Bearer");
  }

  private record Entry(Identity identity, Limiter.Permit permit) implements Admission {
    @Override
    public Principal principal() {
      return identity.principal();
    }

    @Override
    public void checkModel(String model) {
      if (!identity.models().isEmpty() && !identity.models().contains(model)) {
        throw ApiError.of(403, "This key may not use the model " + model)
            .withCode("model_not_allowed");
      }
    }

    @Override
    public void countTokens(long tokens) {
      permit.countTokens(tokens);
    }

    @Override
    public void close() {
      permit.close();
    }
  }

  /** Lets everybody in as an administrator; for gateways that only their own machine reaches. */
  public static Guard open() {
    Admission everybody =
        new Admission() {
          @Override
          public Principal principal() {
            return new Principal("local", "local", true);
          }

          @Override
          public void countTokens(long tokens) {
            // There are no limits.
          }

          @Override
          public void close() {
            // Nothing is held.
          }
        };
    return call -> everybody;
  }
}
