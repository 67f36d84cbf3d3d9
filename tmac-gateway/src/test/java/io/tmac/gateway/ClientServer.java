package io.tmac.gateway;

import io.tmac.Model;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server for tests with real clients: the model {@code tiny}, {@code slow} whose prompts take
 * longer than a heartbeat, {@code broken} whose streams fail, {@code long} and {@code prose}; one
 * key; as many 429 as wanted.
 */
final class ClientServer implements AutoCloseable {
  static final String KEY = "tmac-key-of-a-test";

  /** What the model {@code prose} says, in pieces. */
  static final String[] PROSE =
      ("A table lookup trades arithmetic for memory: all results that can occur are computed once,"
              + " and found again by their index.\n\nWeights of few bits have few combinations, so"
              + " their tables are small, and <b>one</b> lookup does the work of several products.")
          .split("(?<= )");

  final Model model = TinyModel.chat();

  /** Whether calls need the key. */
  final AtomicBoolean needsKey = new AtomicBoolean(true);

  /** How many of the next calls get 429. */
  final AtomicInteger refusals = new AtomicInteger();

  /** Calls that were let in or refused for the limit. */
  final AtomicInteger calls = new AtomicInteger();

  private final Gateway gateway;

  ClientServer() throws IOException {
    ScriptedModel slow =
        new ScriptedModel("slow", 2, Duration.ofMillis(350), i -> i == 0 ? "so" : " slow");
    ScriptedModel broken = new ScriptedModel("broken", 5, Duration.ZERO, i -> "x");
    broken.failure = ApiError.of(504, "took too long").withCode("deadline_exceeded");
    gateway =
        Gateway.builder()
            .model("tiny", model)
            .serve(slow)
            .serve(broken)
            .serve(new ScriptedModel("long", 500, Duration.ofMillis(10), i -> "word " + i + " "))
            .serve(new ScriptedModel("prose", PROSE.length, Duration.ofMillis(5), i -> PROSE[i]))
            .demoModel()
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .heartbeat(Duration.ofMillis(100))
            .guard(this::admit)
            .start();
    try {
      gateway.awaitReady();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private Guard.Admission admit(Call call) {
    boolean known = call.header("Authorization").orElse("").equals("Bearer " + KEY);
    if (needsKey.get() && !known) {
      throw ApiError.of(401, "Invalid API key").withCode("invalid_api_key");
    }
    calls.incrementAndGet();
    if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw ApiError.of(429, "Rate limit exceeded").withCode("rate_limit_exceeded").retryAfter(1);
    }
    return new Guard.Admission() {
      @Override
      public Principal principal() {
        return new Principal("k1", "test", false);
      }

      @Override
      public void countTokens(long tokens) {
        // There are no limits.
      }

      @Override
      public void close() {
        // It holds nothing.
      }
    };
  }

  String url() {
    return "http://localhost:" + gateway.address().getPort();
  }

  @Override
  public void close() {
    gateway.close();
    model.close();
  }
}
