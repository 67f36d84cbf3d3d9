package io.tmac.gateway.http;

import java.util.LinkedHashMap;
import java.util.Map;

/** An answer that is an error: a status and what the client is told. Never holds secrets. */
public final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final String code;
  private final String param;
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  private ApiError(int status, String type, String code, String param, String message) {
    super(message, null, false, false); // The client's mistake is no place in our code.
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }

  /** An error with the type that belongs to its status. */
  public static ApiError of(int status, String message) {
    return new ApiError(status, type(status), null, null, message);
  }

  /** Status 400 because of one field of the body. */
  public static ApiError badField(String field, String message) {
    return new ApiError(400, type(400), "invalid_value", field, message);
  }

  /** Status 404. */
  public static ApiError notFound(String message) {
    return of(404, message);
  }

  /** The same error with OpenAI's code for it. */
  public ApiError withCode(String code) {
    ApiError error = new ApiError(status, type, code, param, getMessage());
    error.headers.putAll(headers);
    return error;
  }

  /** Adds a header to the answer. */
  public ApiError withHeader(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Adds Retry-After. */
  public ApiError retryAfter(long seconds) {
    return withHeader("Retry-After", Long.toString(Math.max(1, seconds)));
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 429 -> "rate_limit_exceeded";
      default -> status >= 500 ? "server_error" : "invalid_request_error";
    };
  }

  /** Returns the HTTP status. */
  public int status() {
    return status;
  }

  /** Returns OpenAI's code for it, or null. */
  public String code() {
    return code;
  }

  /** Whether the same request will fail again, though its status says that it is our fault. */
  boolean isFinal() {
    return status == 500 || status == 501 || status == 504;
  }

  /** Returns the headers of the answer. */
  Map<String, String> headers() {
    return headers;
  }

  /**
   * The body: an object under {@code /v1}, as OpenAI's clients want it; elsewhere a string, as
   * Ollama's clients want it.
   */
  public Map<String, Object> body(boolean openAi) {
    Map<String, Object> body = new LinkedHashMap<>();
    if (openAi) {
      Map<String, Object> error = new LinkedHashMap<>();
      error.put("message", getMessage());
      error.put("type", type);
      error.put("param", param);
      error.put("code", code);
      body.put("error", error);
    } else {
      body.put("error", getMessage());
      body.put("code", status);
      if (headers.containsKey("Retry-After")) {
        body.put("details", "Retry after " + headers.get("Retry-After") + " seconds");
      }
    }
    return body;
  }
}
