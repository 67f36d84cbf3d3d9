package io.tmac.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tmac.gateway.http.ApiError;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LimiterTest {
  private static final long SECOND = 1_000_000_000;

  private long nanos = 77;
  private final Limiter limiter =
      new Limiter(
          Duration.ofSeconds(3600), () -> nanos, () -> Instant.ofEpochSecond(1_000_000), 100);
  private final Map<String, String> headers = new LinkedHashMap<>();

  private Limiter.Permit enter(String id, Limits limits) {
    headers.clear();
    return limiter.enter(id, limits, headers::put);
  }

  private ApiError refused(String id, Limits limits) {
    ApiError error = catchThrowableOfType(ApiError.class, () -> enter(id, limits));
    assertThat(error).isNotNull();
    assertThat(error.status()).isEqualTo(429);
    return error;
  }

  private static String retryAfter(ApiError error) {
    return (String) error.body(false).get("details");
  }

  @Test
  void tellsTheStateInBothFamiliesOfHeaders() {
    enter("a", new Limits(3, 0, 0)).close();
    assertThat(headers)
        .containsEntry("X-RateLimit-Limit", "3")
        .containsEntry("X-RateLimit-Remaining", "2")
        .containsEntry("X-RateLimit-Reset", "1003600")
        .containsEntry("x-ratelimit-limit-requests", "3")
        .containsEntry("x-ratelimit-remaining-requests", "2")
        .containsEntry("x-ratelimit-reset-requests", "1h0m0s")
        .doesNotContainKey("x-ratelimit-limit-tokens");
  }

  @Test
  void aRefusedTryDoesNotCount() {
    Limits two = new Limits(2, 0, 0);
    enter("a", two).close();
    nanos += SECOND;
    enter("a", two).close();
    for (int i = 0; i < 50; i++) {
      assertThat(retryAfter(refused("a", two))).isEqualTo("Retry after 3599 seconds");
    }
    assertThat(headers)
        .containsEntry("X-RateLimit-Remaining", "0")
        .containsEntry("X-RateLimit-Reset", "1003599");
    nanos += 3599 * SECOND - 1;
    assertThat(retryAfter(refused("a", two))).isEqualTo("Retry after 1 seconds");
    nanos += 1;
    enter("a", two).close();
    refused("a", two);
    nanos += SECOND;
    enter("a", two).close();
  }

  @Test
  void callersDoNotShareALimit() {
    enter("a", new Limits(1, 0, 0)).close();
    refused("a", new Limits(1, 0, 0));
    enter("b", new Limits(1, 0, 0)).close();
  }

  @Test
  void limitsCallsAtTheSameTime() {
    Limits limits = new Limits(100, 2, 0);
    Limiter.Permit first = enter("a", limits);
    enter("a", limits);
    assertThat(refused("a", limits)).hasMessage("Too many calls at the same time: 2 are allowed");
    assertThat(headers).containsEntry("X-RateLimit-Remaining", "98");
    first.close();
    first.close();
    enter("a", limits);
    refused("a", limits);
    assertThat(limiter.usage("a").running()).isEqualTo(2);
  }

  @Test
  void limitsTokensPerMinute() {
    Limits limits = new Limits(100, 0, 50);
    Limiter.Permit permit = enter("a", limits);
    assertThat(headers)
        .containsEntry("x-ratelimit-limit-tokens", "50")
        .containsEntry("x-ratelimit-remaining-tokens", "50")
        .containsEntry("x-ratelimit-reset-tokens", "0ms");
    permit.countTokens(30);
    permit.countTokens(30);
    permit.close();
    assertThat(refused("a", limits)).hasMessage("Token limit exceeded: 50 per minute");
    assertThat(headers).containsEntry("x-ratelimit-remaining-tokens", "0");
    assertThat(limiter.usage("a").tokens()).isEqualTo(60);
    nanos += 61 * SECOND;
    enter("a", limits).close();
  }

  @Test
  void forgetsWhoHasBeenAwayAndNeverHoldsMoreThanItsMost() {
    Limits limits = new Limits(5, 0, 0);
    for (int i = 0; i < 1000; i++) {
      nanos++;
      enter("caller" + i, limits).close();
      assertThat(limiter.size()).isLessThanOrEqualTo(100);
    }
    nanos += 3600 * SECOND;
    enter("last", limits).close();
    assertThat(limiter.size()).isEqualTo(1);
  }

  @Test
  void writesTimesAsOpenAiDoes() {
    assertThat(Limiter.duration(0)).isEqualTo("0ms");
    assertThat(Limiter.duration(11_000_001)).isEqualTo("12ms");
    assertThat(Limiter.duration(SECOND)).isEqualTo("1s");
    assertThat(Limiter.duration(1_050_000_000L)).isEqualTo("1.05s");
    assertThat(Limiter.duration(360 * SECOND)).isEqualTo("6m0s");
    assertThat(Limiter.duration(3661 * SECOND)).isEqualTo("1h1m1s");
  }
}
