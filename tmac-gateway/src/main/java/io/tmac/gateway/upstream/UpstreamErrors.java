package io.tmac.gateway.upstream;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a client is told when another server fails. A mistake of the client stays one, with the
 * other server's words; everything else is ours, and only the log has the details.
 */
final class UpstreamErrors {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamErrors.class);
  private static final int MAX_BODY = 1 << 16;
  private static final int MAX_MESSAGE = 500;
  private static final int MAX_RETRY = 3600;
  private static final int RETRY_SECONDS = 5;

  /** Codes that mean the same here. */
  private static final Set<String> CODES =
      Set.of(
          "context_length_exceeded", "invalid_messages", "invalid_value", "unsupported_parameter");

  private UpstreamErrors() {}

  /** An answer that is none. */
  static ApiError of(UpstreamModel.Target target, HttpResponse<InputStream> response) {
    int status = response.statusCode();
    JsonNode error = read(response);
    LOG.warn("upstream {} answered status {}", target, status);
    return switch (status) {
      case 400, 413, 422 -> mistake(error);
      case 429, 503 ->
          ApiError.of(503, "The server of model " + target.id() + " is busy")
              .withCode("upstream_busy")
              .retryAfter(retryAfter(response));
      case 408, 504 -> timeout(target);
      default ->
          ApiError.of(502, "The server of model " + target.id() + " failed with status " + status)
              .withCode("upstream_error");
    };
  }

  private static ApiError mistake(JsonNode error) {
    ApiError result = ApiError.of(400, message(error));
    String code = error.path("code").asString("");
    return CODES.contains(code) ? result.withCode(code) : result;
  }

  /** An error that comes as an event. */
  static ApiError within(UpstreamModel.Target target, JsonNode error) {
    String code = error.path("code").asString("");
    LOG.warn("upstream {} failed while it answered", target);
    return code.equals("deadline_exceeded")
        ? timeout(target)
        : ApiError.of(502, "The server of model " + target.id() + " failed while it answered")
            .withCode("upstream_error");
  }

  /** A connection that cannot be made, or that breaks. */
  static ApiError of(UpstreamModel.Target target, IOException e) {
    if (e instanceof HttpTimeoutException && !(e instanceof HttpConnectTimeoutException)) {
      return timeout(target);
    }
    LOG.warn("upstream {} cannot be reached: {}", target, e.toString());
    return ApiError.of(502, "The server of model " + target.id() + " cannot be reached")
        .withCode("upstream_unavailable")
        .retryAfter(RETRY_SECONDS);
  }

  /** An answer that ends too early, or that is not in the form it should have. */
  static ApiError broken(UpstreamModel.Target target, String what) {
    LOG.warn("upstream {} sent a broken answer: {}", target, what);
    return ApiError.of(502, "The server of model " + target.id() + " sent a broken answer")
        .withCode("upstream_error");
  }

  static ApiError timeout(UpstreamModel.Target target) {
    return ApiError.of(504, "The server of model " + target.id() + " took too long")
        .withCode("upstream_timeout");
  }

  private static JsonNode read(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      return Json.MAPPER.readTree(in.readNBytes(MAX_BODY)).path("error");
    } catch (IOException | JacksonException e) {
      return Json.MAPPER.createObjectNode();
    }
  }

  private static String message(JsonNode error) {
    String text = error.isString() ? error.stringValue() : error.path("message").asString("");
    String plain = text.replaceAll("\\p{Cntrl}+", " ").strip();
    return plain.isEmpty()
        ? "The server of this model refused the request"
        : plain.substring(0, Math.min(plain.length(), MAX_MESSAGE));
  }

  private static long retryAfter(HttpResponse<?> response) {
    String given = response.headers().firstValue("Retry-After").orElse("");
    return given.matches("[0-9]{1,6}") ? Math.min(MAX_RETRY, Long.parseLong(given)) : RETRY_SECONDS;
  }
}
