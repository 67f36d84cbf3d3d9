package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.http.Route;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Ten thousand malformed requests: none is an internal error, and the gateway goes on. */
class FuzzTest {
  private static final int REQUESTS = 10_000;
  private static final int THREADS = 8;
  private static final String GOOD = "{\"model\":\"m\",\"prompt\":\"a\"}";
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "1e999",
          "1e-999",
          "99999999999999999999",
          "\"\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "[[[[]]]]",
          "{\"a\":{\"b\":[]}}",
          "NaN",
          "\"x",
          "0.1.2",
          "''",
          "[".repeat(70),
          "{\"a\":".repeat(70),
          "\"" + "é".repeat(3000) + "\"");
  private static final List<String> FIELDS =
      List.of(
          "model",
          "messages",
          "prompt",
          "max_tokens",
          "max_completion_tokens",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "seed",
          "stop",
          "n",
          "stream",
          "stream_options",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "options",
          "system",
          "raw",
          "requests",
          "name",
          "role",
          "tools",
          "format");
  private static final List<String> HEADERS =
      List.of(
          "Content-Length: -1",
          "Content-Length: +5",
          "Content-Length: 5, 5",
          "Content-Length: 9e9",
          "Transfer-Encoding: chunked",
          "Transfer-Encoding: gzip, chunked",
          "Host: other",
          "Host : x",
          "Authorization: Bearer",
          "Authorization: \u0001",
          "Content-Type: text/xml",
          "Content-Encoding: gzip",
          "Expect: 100-continue",
          "Connection: upgrade\nUpgrade: h2c",
          "Origin: null",
          "Accept: " + "a,".repeat(2000),
          "X-Forwarded-For: ' or 1=1 --",
          ": x");

  @Test
  void theGatewayStaysHealthy() throws Exception {
    ScriptedModel model = new ScriptedModel("m", 1, Duration.ZERO, i -> "x");
    try (Gateway gateway =
        Gateway.builder()
            .serve(model)
            .maxBody(1 << 16)
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .start()) {
      Http http = new Http(gateway.address());
      List<String> paths =
          new ArrayList<>(
              gateway.routes().stream()
                  .map(Route::path)
                  .map(path -> path.replaceAll("\\{\\w+}", "m"))
                  .toList());
      paths.addAll(
          List.of("//x", "/../etc", "/%00", "/v1/models/%2e%2e", "*", "http://x/", "/?a=%"));
      Map<String, Integer> statuses = new TreeMap<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<Future<Map<String, Integer>>> parts = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          Random random = new Random(i);
          parts.add(threads.submit(() -> attack(http, paths, random)));
        }
        for (Future<Map<String, Integer>> part : parts) {
          part.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
        }
      }
      System.out.println("malformed requests by status: " + statuses);
      assertThat(statuses.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(REQUESTS);
      assertThat(statuses).doesNotContainKeys("500", "502", "hangs");
      assertThat(statuses.keySet()).contains("400", "404");
      assertThat(http.get("/live").status()).isEqualTo(200);
      assertThat(http.get("/ready").status()).isEqualTo(200);
      assertThat(http.post("/v1/completions", GOOD).json().path("choices").size()).isEqualTo(1);
      assertThat(http.get("/metrics").body()).contains("tmac_requests_running 0");
    }
  }

  private static Map<String, Integer> attack(Http http, List<String> paths, Random random)
      throws IOException {
    Map<String, Integer> statuses = new TreeMap<>();
    for (int i = 0; i < REQUESTS / THREADS; i++) {
      statuses.merge(send(http, request(paths, random)), 1, Integer::sum);
    }
    return statuses;
  }

  private static <T> T any(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }

  private static byte[] request(List<String> paths, Random random) {
    String body = random.nextInt(4) == 0 ? GOOD : object(random);
    String method =
        any(List.of("POST", "POST", "POST", "GET", "DELETE", "PUT", "G\u0001T"), random);
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(any(paths, random)).append(" HTTP/1.1\n");
    head.append("Host: localhost\n");
    if (random.nextInt(3) == 0) {
      head.append(any(HEADERS, random)).append('\n');
    }
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    head.append("Content-Length: ").append(random.nextInt(8) == 0 ? length + 3 : length);
    String text = (head + "\n\n").replace("\n", "\r\n") + body;
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    switch (random.nextInt(4)) {
      case 0 -> {
        for (int i = 0; i < 3; i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
      }
      case 1 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      default -> {
        return bytes;
      }
    }
  }

  private static String object(Random random) {
    StringBuilder object = new StringBuilder("{\"model\":\"m\"");
    for (int i = random.nextInt(4); i >= 0; i--) {
      object.append(",\"").append(any(FIELDS, random)).append("\":").append(any(VALUES, random));
    }
    return object.append('}').toString();
  }

  /** Sends what may be no request at all; returns the status, or what happened instead. */
  private static String send(Http http, byte[] request) throws IOException {
    ByteArrayOutputStream reply = new ByteArrayOutputStream();
    try (Socket socket = http.connect()) {
      socket.getOutputStream().write(request);
      socket.shutdownOutput();
      socket.getInputStream().transferTo(reply);
    } catch (SocketTimeoutException e) {
      return "hangs";
    } catch (IOException e) {
      // Reset, which is an answer too; what came before it counts.
    }
    String text = reply.toString(StandardCharsets.ISO_8859_1);
    return text.startsWith("HTTP/1.1 ") ? text.substring(9, 12) : "closed";
  }
}
