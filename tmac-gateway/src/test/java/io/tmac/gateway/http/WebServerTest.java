package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The web layer, with routes of its own, also against requests that no client would send. */
class WebServerTest {
  private static final int MAX_BODY = 10_000;

  private final List<String> ended = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch release = new CountDownLatch(1);
  private WebServer server;
  private Http http;

  @BeforeEach
  void start() throws IOException {
    List<Route> routes =
        List.of(
            new Route("GET", "/open", Access.PUBLIC, "", call -> call.reply(200, Map.of("a", 1))),
            new Route("GET", "/who", Access.USER, "", WebServerTest::who),
            new Route("POST", "/echo", Access.USER, "", WebServerTest::echo),
            new Route("POST", "/v1/echo", Access.USER, "", WebServerTest::echo),
            new Route("GET", "/admin", Access.ADMIN, "", WebServerTest::who),
            new Route("GET", "/models/{id}", Access.USER, "", WebServerTest::value),
            new Route("GET", "/bug", Access.PUBLIC, "", call -> fail()),
            new Route("GET", "/header", Access.PUBLIC, "", WebServerTest::header),
            new Route("GET", "/wait", Access.PUBLIC, "", call -> waits(call)));
    WebServer.Options options =
        new WebServer.Options(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.empty(),
            Set.of("localhost", "127.0.0.1"),
            MAX_BODY,
            Duration.ofSeconds(1));
    server =
        WebServer.start(
            options,
            new Router(routes),
            WebServerTest::admit,
            List.of(
                (call, error) -> {
                  throw new IllegalStateException("an observer with a bug");
                },
                (call, error) -> ended.add(call.method() + call.routePath() + call.status())));
    http = new Http(server.address());
  }

  @AfterEach
  void stop() {
    release.countDown();
    server.close();
  }

  private static Guard.Admission admit(Call call) {
    String key = call.header("Authorization").orElse("");
    if (key.isEmpty()) {
      throw ApiError.of(401, "Missing Authorization header");
    }
    return new Guard.Admission() {
      @Override
      public Principal principal() {
        return new Principal(key, key, key.equals("admin"));
      }

      @Override
      public void countTokens(long tokens) {
        throw new IllegalStateException("nothing here has tokens");
      }

      @Override
      public void close() {
        // It holds nothing.
      }
    };
  }

  private static void who(Call call) throws IOException {
    call.reply(200, Map.of("id", call.principal().id()));
  }

  private static void echo(Call call) throws IOException {
    call.reply(200, Map.of("text", call.json().string("text", "")));
  }

  private static void value(Call call) throws IOException {
    call.reply(200, Map.of("id", call.pathValue()));
  }

  private static void header(Call call) throws IOException {
    call.replyHeaders().set("X-Echo", "a\r\nX-Evil: 1");
    call.reply(200, Map.of());
  }

  private static void fail() {
    throw new IllegalStateException("secret details");
  }

  private void waits(Call call) throws IOException, InterruptedException {
    release.await();
    call.reply(200, Map.of());
  }

  private static String request(String line, String... headers) {
    return line
        + " HTTP/1.1\nHost: localhost\n"
        + String.join("\n", headers)
        + (headers.length > 0 ? "\n" : "")
        + "Connection: close\n\n";
  }

  @Test
  void repliesCarryTheirIdAndAreNotToBeKeptOrGuessed() throws Exception {
    Reply reply = http.get("/open");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isEqualTo("{\"a\":1}");
    assertThat(reply.header("Content-Type")).isEqualTo("application/json");
    assertThat(reply.header("Content-Length")).isEqualTo("7");
    assertThat(reply.header("x-request-id")).matches("req-[0-9a-f]{24}");
    assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(reply.header("Cache-Control")).isEqualTo("no-store");
    assertThat(http.get("/open").header("x-request-id")).isNotEqualTo(reply.header("x-request-id"));
  }

  @Test
  void headHasTheHeadersOfGetAndNoBody() throws Exception {
    Reply head = http.send("HEAD", "/open", null);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    String raw =
        http.raw(
            """
            HEAD /open HTTP/1.1
            Host: localhost

            GET /open HTTP/1.1
            Host: localhost
            Connection: close

            """);
    assertThat(raw).endsWith("{\"a\":1}").containsOnlyOnce("{\"a\":1}");
    assertThat(http.send("HEAD", "/nowhere", null, "Authorization", "u").status()).isEqualTo(404);
  }

  @Test
  void identityIsAskedForBeforeAnythingIsTold() throws Exception {
    assertThat(http.get("/nowhere").status()).isEqualTo(401);
    assertThat(http.send("PUT", "/who", "{}").status()).isEqualTo(401);
    assertThat(http.get("/admin").status()).isEqualTo(401);
    assertThat(http.get("/admin", "Authorization", "user").status()).isEqualTo(403);
    assertThat(http.get("/admin", "Authorization", "admin").status()).isEqualTo(200);
    Reply missing = http.get("/nowhere", "Authorization", "user");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.body()).isEqualTo("{\"error\":\"Not found: /nowhere\",\"code\":404}");
  }

  @Test
  void identityIsNeverThatOfAnotherRequest() throws Exception {
    try (Socket socket = http.connect()) {
      for (String user : List.of("ann", "bob", "cid")) {
        Http.send(socket, "GET /who HTTP/1.1\nHost: localhost\nAuthorization: " + user + "\n\n");
        assertThat(Http.readUntil(socket, "}")).endsWith("{\"id\":\"" + user + "\"}");
      }
      Http.send(socket, "GET /who HTTP/1.1\nHost: localhost\n\n");
      assertThat(Http.readUntil(socket, "}")).startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void otherMethodsAre405WithAllow() throws Exception {
    Reply reply = http.send("DELETE", "/open", null);
    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("Allow")).isEqualTo("GET, HEAD");
    Reply override = http.get("/echo", "Authorization", "user", "X-HTTP-Method-Override", "POST");
    assertThat(override.status()).isEqualTo(405);
    assertThat(override.header("Allow")).isEqualTo("POST");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/open/../admin", "/./open", "//open", "/open//", "/open/..", "/open/.", "/a%2fb", "/a%2Fb",
        "/%2e%2e/open", "/open%00", "/a\\b", "/a%5Cb", "//evil.test/open", "*", "foo:bar", "/%zz",
        "http://localhost/%2e%2e/admin"
      })
  void pathTricksAreRefused(String path) throws IOException {
    String reply = http.raw(request("GET " + path, "Authorization: admin"));
    // Addresses without a path do not get past the JDK's server: 404 in HTML, or no word at all.
    assertThat(reply)
        .doesNotContain("\"id\"", "\"a\":1")
        .satisfiesAnyOf(
            text -> assertThat(text).startsWith("HTTP/1.1 400"),
            text -> assertThat(text).contains("No context found"),
            text -> assertThat(text).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/openfoo", "/open/", "/OPEN", "/open;x", "/models/a/b", "/models/"})
  void pathsAreNotPrefixes(String path) throws Exception {
    assertThat(http.get(path, "Authorization", "user").status()).isEqualTo(404);
  }

  @Test
  void theVariableSegmentIsDecodedOnce() throws Exception {
    assertThat(http.get("/models/a%3Ab", "Authorization", "u").json().get("id").asString())
        .isEqualTo("a:b");
    assertThat(http.get("/models/a+b%2541", "Authorization", "u").json().get("id").asString())
        .isEqualTo("a+b%41");
    assertThat(http.get("/open?x=/../%2e", "Authorization", "u").status()).isEqualTo(200);
  }

  @Test
  void onlyKnownHostsAreAnswered() throws IOException {
    assertThat(http.raw("GET /open HTTP/1.1\nHost: evil.test\n\n")).startsWith("HTTP/1.1 403");
    assertThat(http.raw("GET /open HTTP/1.1\nHost: LOCALHOST:80\nConnection: close\n\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(http.raw("GET /open HTTP/1.1\nHost: localhost.evil.test\n\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(http.raw("GET /open HTTP/1.1\nConnection: close\n\n")).startsWith("HTTP/1.1 400");
    assertThat(http.raw("GET /open HTTP/1.1\nHost: localhost\nHost: evil.test\n\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(http.raw("GET /open HTTP/1.1\nHost : localhost\n\n")).startsWith("HTTP/1.1 400");
  }

  @Test
  void bodiesAreBounded() throws Exception {
    String fits = "{\"text\":\"" + "x".repeat(MAX_BODY - 11) + "\"}";
    assertThat(http.send("POST", "/echo", fits, "Authorization", "u").status()).isEqualTo(200);
    Reply tooLong = http.send("POST", "/echo", fits + " ", "Authorization", "u");
    assertThat(tooLong.status()).isEqualTo(413);
    assertThat(tooLong.body()).contains("at most 10000 bytes");
    String chunk = "4000\n" + "x".repeat(0x4000) + "\n";
    String chunked =
        http.raw(
            "POST /echo HTTP/1.1\nHost: localhost\nAuthorization: u\nTransfer-Encoding: chunked\n\n"
                + chunk.repeat(4)
                + "0\n\n");
    assertThat(chunked).startsWith("HTTP/1.1 413");
  }

  @Test
  void aBodyThatIsAnnouncedTooLongIsNotWaitedFor() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(
          socket,
          """
          POST /echo HTTP/1.1
          Host: localhost
          Authorization: u
          Content-Length: 1000000000

          """);
      assertThat(Http.readUntil(socket, "\r\n")).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void compressedBodiesAreRefusedUnread() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[5_000_000]);
    }
    try (Socket socket = http.connect()) {
      Http.send(
          socket,
          "POST /echo HTTP/1.1\nHost: localhost\nAuthorization: u\n"
              + "Content-Encoding: gzip\nContent-Length: "
              + bomb.size()
              + "\n\n");
      socket.getOutputStream().write(bomb.toByteArray());
      assertThat(Http.readUntil(socket, "}")).startsWith("HTTP/1.1 415").contains("uncompressed");
    }
  }

  @Test
  void onlyJsonIsRead() throws Exception {
    assertThat(
            http.send("POST", "/echo", "a=b", "Authorization", "u", "Content-Type", "text/plain")
                .status())
        .isEqualTo(415);
    Reply utf8 =
        http.send(
            "POST",
            "/echo",
            "{\"text\":\"é\"}",
            "Authorization",
            "u",
            "Content-Type",
            "Application/JSON; charset=utf-8");
    assertThat(utf8.json().get("text").asString()).isEqualTo("é");
    assertThat(http.send("POST", "/echo", "{", "Authorization", "u").status()).isEqualTo(400);
    assertThat(http.send("POST", "/echo", "", "Authorization", "u").status()).isEqualTo(400);
  }

  @Test
  void errorsAreObjectsUnderV1AndStringsElsewhere() throws Exception {
    assertThat(
            http.post("/v1/echo", "[]", "Authorization", "u")
                .json()
                .get("error")
                .get("message")
                .asString())
        .isEqualTo("The body must be a JSON object");
    assertThat(http.post("/echo", "[]", "Authorization", "u").json().get("error").asString())
        .isEqualTo("The body must be a JSON object");
    assertThat(http.get("/v1/nowhere").json().get("error").get("type").asString())
        .isEqualTo("authentication_error");
  }

  @Test
  void bugsAreHiddenFromClientsAndHaveAnId() throws Exception {
    Reply reply = http.get("/bug");
    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.body()).doesNotContain("secret").contains(reply.header("x-request-id"));
    assertThat(reply.header("x-should-retry")).isEqualTo("false");
  }

  @Test
  void headersCannotBeForged() throws Exception {
    Reply reply = http.get("/header");
    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.response().headers().firstValue("X-Evil")).isEmpty();
    assertThat(reply.response().headers().firstValue("X-Echo")).isEmpty();
    String forged = http.raw(request("GET /models/a%0d%0aX-Evil:%201", "Authorization: u"));
    assertThat(forged)
        .startsWith("HTTP/1.1 200")
        .contains("a\\r\\nX-Evil: 1")
        .doesNotContain("\nX-Evil");
  }

  @Test
  void aConnectionGoesOnAfterErrors() throws Exception {
    try (Socket socket = http.connect()) {
      for (String path : List.of("/nowhere", "/bug", "/open", "/nowhere", "/open")) {
        Http.send(socket, "GET " + path + " HTTP/1.1\nHost: localhost\nAuthorization: u\n\n");
        String reply = Http.readUntil(socket, "}");
        assertThat(reply)
            .startsWith(
                "HTTP/1.1 " + (path.equals("/open") ? "200" : path.equals("/bug") ? "500" : "404"));
      }
      Http.send(
          socket,
          "POST /echo HTTP/1.1\nHost: localhost\nAuthorization: u\n" + "Content-Length: 3\n\nxxx");
      assertThat(Http.readUntil(socket, "}")).startsWith("HTTP/1.1 400");
      Http.send(
          socket,
          "POST /nowhere HTTP/1.1\nHost: localhost\nAuthorization: u\n"
              + "Content-Length: 5\n\nGET /");
      assertThat(Http.readUntil(socket, "}")).startsWith("HTTP/1.1 404");
      Http.send(socket, "GET /open HTTP/1.1\nHost: localhost\n\n");
      assertThat(Http.readUntil(socket, "}")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    String reply =
        http.raw(
            "GET /open HTTP/1.1\nHost: localhost\n\nGET /nowhere HTTP/1.1\nHost: localhost\n\n"
                + request("GET /open"));
    assertThat(reply.split("HTTP/1.1 ")).hasSize(4);
    assertThat(reply.indexOf("401")).isBetween(reply.indexOf("200"), reply.lastIndexOf("200"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: -1",
        "Content-Length: x",
        "Content-Length: +5",
        "Transfer-Encoding: gzip"
      })
  void ambiguousLengthsAreRefused(String headers) throws IOException {
    String reply =
        http.raw(
            "POST /echo HTTP/1.1\nHost: localhost\nAuthorization: u\n"
                + headers
                + "\n\n0\n\nGET /open HTTP/1.1\nHost: localhost\n\n");
    assertThat(reply).matches("(?s)HTTP/1.1 (400|501).*").doesNotContain("{\"a\":1}");
  }

  @Test
  void hugeHeadersAreCutOff() throws IOException {
    String reply = "";
    try {
      reply = http.raw(request("GET /open", "X-Long: " + "x".repeat(1 << 20)));
    } catch (SocketException e) {
      // The server has closed the connection already.
    }
    assertThat(reply).doesNotContain("{\"a\":1}");
    assertThat(http.raw(request("GET /open"))).endsWith("{\"a\":1}");
  }

  @Test
  void slowCallsDoNotHoldUpOthers() throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Reply>> waiting = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        waiting.add(executor.submit(() -> http.get("/wait")));
      }
      assertThat(http.get("/open").status()).isEqualTo(200);
      release.countDown();
      for (Future<Reply> reply : waiting) {
        assertThat(reply.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
      }
    }
  }

  @Test
  void everyCallIsReportedAndObserversCannotDisturb() throws Exception {
    http.get("/open");
    http.get("/nowhere");
    http.get("/bug");
    // A report follows its reply.
    for (int i = 0; i < 100 && ended.size() < 3; i++) {
      Thread.sleep(10);
    }
    assertThat(ended).containsExactlyInAnyOrder("GET/open200", "GET401", "GET/bug500");
  }

  @Test
  void stoppingDoesNotWaitForRunningCalls() throws Exception {
    try (Socket socket = http.connect();
        Socket half = http.connect()) {
      Http.send(socket, "GET /wait HTTP/1.1\nHost: localhost\n\n");
      half.getOutputStream().write("GET /op".getBytes(StandardCharsets.UTF_8));
      Thread.sleep(100);
      long start = System.nanoTime();
      server.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
      assertThat(Thread.getAllStackTraces().keySet())
          .noneMatch(thread ->
              thread.getName().equals("tmac-gateway-watchdog")
                  && thread.isAlive()
                  && !thread.isDaemon());
    }
  }
}
