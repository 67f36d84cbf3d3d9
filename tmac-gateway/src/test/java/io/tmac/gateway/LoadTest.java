package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.BatcherOptions;
import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelOptions;
import io.tmac.format.TernaryV2;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Jwt;
import io.tmac.gateway.testing.ScriptedModel;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Load on a gateway. The tests are short; for figures, run them longer: {@code mvn test
 * -Dtest=LoadTest -Dtmac.load.seconds=60 -Dtmac.load.throughput=true}. What they measure they
 * print.
 */
class LoadTest {
  private static final int CLIENTS = 64;
  private static final int TOKENS = 24;
  private static final int LONG_TOKENS = 128;
  private static final int WARM_UPS = 6;
  private static final int ROUNDS = 9;
  private static final String USAGE = "true,'stream_options':{'include_usage':true}}";
  private static final int SECONDS = Integer.getInteger("tmac.load.seconds", 5);
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";
  private static final List<String> PROMPTS =
      List.of(
          "Once upon a time",
          "The sun",
          "A bird sang",
          "Lily and Tom",
          "One day, a tree",
          "In the sea",
          "The moon was",
          "It was night and");

  @TempDir private Path folder;

  private static Gateway.Builder builder() {
    return Gateway.builder()
        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .sharing(BatcherOptions.DEFAULT.withSlots(16).withQueueCapacity(CLIENTS));
  }

  /** The small model of stories if it is there, else one of random weights. */
  private static Model stories() throws IOException {
    Path path = Path.of(System.getProperty("tmac.shared", "../../shared"), "models/stories260K");
    return Files.exists(path) ? Model.load(path) : TinyModel.plain();
  }

  private static String body(String model, String prompt, int tokens) {
    return "{'model':'"
        + model
        + "','prompt':'"
        + prompt
        + "','max_tokens':"
        + tokens
        + ",'temperature':0,'stream':true}";
  }

  private static String text(Http.Reply reply) {
    StringBuilder text = new StringBuilder();
    reply
        .events()
        .forEach(event -> text.append(event.path("choices").path(0).path("text").asString("")));
    return text.toString();
  }

  private static long usedMemory() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void manyStreamsAtOnceAreWhatTheModelSays() throws Exception {
    try (Model model = stories();
        Gateway gateway = builder().model("stories", model).start()) {
      Map<String, String> expected = new LinkedHashMap<>();
      for (String prompt : PROMPTS) {
        expected.put(prompt, model.generate(prompt).temperature(0).maxTokens(TOKENS).text());
      }
      Http http = new Http(gateway.address());
      stream(http, expected, Duration.ofSeconds(1));
      long before = usedMemory();
      int answers = stream(http, expected, Duration.ofSeconds(SECONDS));
      long grown = usedMemory() - before;
      System.out.printf(
          "%d clients, %d s: %d streams, heap grew by %d KiB%n",
          CLIENTS, SECONDS, answers, grown >> 10);
      assertThat(answers).isGreaterThanOrEqualTo(CLIENTS);
      assertThat(grown).isLessThan(32L << 20);
      String metrics = http.get("/metrics").body();
      assertThat(metrics)
          .containsPattern("tmac_slots_busy\\{model=\"stories\"} 0")
          .doesNotContainPattern("tmac_refused_total\\{reason=\"status");
    }
  }

  /** Every client streams one answer after the other; returns how many there were. */
  private static int stream(Http http, Map<String, String> expected, Duration time)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + time.toNanos();
    AtomicInteger answers = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int first = i;
        clients.add(
            threads.submit(() -> {
              for (int turn = first; turn == first || System.nanoTime() < end; turn++) {
                String prompt = PROMPTS.get(turn % PROMPTS.size());
                Http.Reply reply = http.post("/v1/completions", body("stories", prompt, TOKENS));
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                assertThat(text(reply)).isEqualTo(expected.get(prompt));
                assertThat(reply.lines().getLast()).isEqualTo("data: [DONE]");
                answers.incrementAndGet();
              }
              return null;
            }));
      }
      for (Future<Void> client : clients) {
        client.get();
      }
    }
    return answers.get();
  }

  /**
   * What the gateway adds: a request to a model that answers at once, with token, limits,
   * statistics and metrics, over a connection that stays open.
   */
  @Test
  void theGatewayItselfTakesLittleTime() throws Exception {
    GatewaySettings settings =
        GatewaySettings.builder()
            .set(Setting.JWT_SECRET, SECRET)
            .set(Setting.PORT, 0)
            .set(Setting.RATE_LIMIT_REQUESTS, 100_000)
            .set(Setting.DATA, folder.resolve("data").toString())
            .build();
    ScriptedModel instant = new ScriptedModel("instant", 1, Duration.ZERO, i -> "x");
    int count = 400 * SECONDS;
    long[] nanos = new long[count];
    try (Gateway gateway = Gateway.builder().settings(settings).serve(instant).start();
        Socket socket = new Http(gateway.address()).connect()) {
      socket.setTcpNoDelay(true);
      String body = body("instant", "a", 1).replace('\'', '"');
      String request =
          "POST /v1/completions HTTP/1.1\nHost: localhost\nAuthorization: Bearer "
              + Jwt.sign(SECRET, "load", "user")
              + "\nContent-Type: application/json\nContent-Length: "
              + body.length()
              + "\n\n"
              + body;
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        Http.send(socket, request);
        int first = socket.getInputStream().read();
        nanos[i] = System.nanoTime() - start;
        assertThat(first).isEqualTo('H');
        Http.readUntil(socket, "[DONE]\n\n");
        Http.readUntil(socket, "\r\n0\r\n\r\n");
      }
    }
    long[] warm = Arrays.copyOfRange(nanos, count / 2, count);
    Arrays.sort(warm);
    double median = warm[warm.length / 2] / 1e6;
    System.out.printf(
        "request to first byte without the engine: median %.3f ms, p99 %.3f ms%n",
        median, warm[warm.length * 99 / 100] / 1e6);
    // Other programs share the machine; the median of a quiet one is far below.
    assertThat(median).isLessThan(10);
  }

  /** A model of 110 million ternary weights; takes about a minute. */
  @Test
  @EnabledIfSystemProperty(named = "tmac.load.throughput", matches = "true")
  void sharingPaysForSixteenStreams() throws Exception {
    ModelConfig shape = new ModelConfig(768, 2048, 12, 12, 12, 64, 32_000, 512, 10000, 1e-5);
    Path tokenizer = Files.write(folder.resolve("tokenizer.bin"), TinyModel.tokenizer(32_000));
    try (Model model =
            Model.random(
                shape,
                new TernaryV2(),
                new TernaryV2(),
                ModelOptions.DEFAULT.withTokenizer(tokenizer));
        Gateway gateway = builder().model("large", model).start()) {
      Http http = new Http(gateway.address());
      // The compiler is done with a loop only when it has run for seconds.
      for (int i = 0; i < WARM_UPS; i++) {
        tokensPerSecond(http, 1);
        tokensPerSecond(http, 16);
      }
      double[] one = new double[ROUNDS];
      double[] sixteen = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        one[i] = tokensPerSecond(http, 1);
        sixteen[i] = tokensPerSecond(http, 16);
      }
      Arrays.sort(one);
      Arrays.sort(sixteen);
      double ratio = sixteen[ROUNDS / 2] / one[ROUNDS / 2];
      System.out.printf(
          "tokens/s, median (worst to best): one stream %.1f (%.1f to %.1f), sixteen %.1f (%.1f to"
              + " %.1f), ratio %.2f%n",
          one[ROUNDS / 2],
          one[0],
          one[ROUNDS - 1],
          sixteen[ROUNDS / 2],
          sixteen[0],
          sixteen[ROUNDS - 1],
          ratio);
      assertThat(ratio).isGreaterThan(1);
    }
  }

  private static double tokensPerSecond(Http http, int clients) throws Exception {
    long start = System.nanoTime();
    int tokens = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        String body = body("large", PROMPTS.get(i % PROMPTS.size()), LONG_TOKENS);
        all.add(
            threads.submit(() -> {
              Http.Reply reply = http.post("/v1/completions", body.replace("true}", USAGE));
              assertThat(reply.status()).as(reply.body()).isEqualTo(200);
              return reply.events().getLast().path("usage").path("completion_tokens").intValue();
            }));
      }
      for (Future<Integer> one : all) {
        tokens += one.get();
      }
    }
    return tokens / ((System.nanoTime() - start) / 1e9);
  }
}
