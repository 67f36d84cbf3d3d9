package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiErrorTest {

  @Test
  void openAiGetsAnObjectAndOthersAString() {
    ApiError error = ApiError.badField("top_p", "top_p must be a number");
    assertThat(new String(Json.bytes(error.body(true)), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"error\":{\"message\":\"top_p must be a number\",\"type\":\"invalid_request_error\","
                + "\"param\":\"top_p\",\"code\":\"invalid_value\"}}");
    assertThat(error.body(false)).isEqualTo(Map.of("error", "top_p must be a number", "code", 400));
  }

  @Test
  void retryAfterIsAHeaderAndADetail() {
    ApiError error = ApiError.of(503, "full").withCode("queue_full").retryAfter(0);
    assertThat(error.headers()).containsEntry("Retry-After", "1");
    assertThat(error.body(false)).containsEntry("details", "Retry after 1 seconds");
    assertThat(error.withCode("other").headers()).containsEntry("Retry-After", "1");
  }

  @Test
  void typesBelongToStatuses() {
    assertThat(type(401)).isEqualTo("authentication_error");
    assertThat(type(403)).isEqualTo("permission_error");
    assertThat(type(404)).isEqualTo("not_found_error");
    assertThat(type(429)).isEqualTo("rate_limit_exceeded");
    assertThat(type(413)).isEqualTo("invalid_request_error");
    assertThat(type(503)).isEqualTo("server_error");
  }

  private static Object type(int status) {
    return ((Map<?, ?>) ApiError.of(status, "x").body(true).get("error")).get("type");
  }
}
