package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.http.EventStream.Format;
import io.tmac.gateway.testing.Http;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static final Duration STALL = Duration.ofMillis(700);
  private static final int BIG = 1 << 16;

  private record End(int status, Throwable error, Duration after) {}

  private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();
  private final AtomicInteger sent = new AtomicInteger();
  private WebServer server;
  private Http http;

  @BeforeEach
  void start() throws IOException {
    List<Route> routes =
        List.of(
            new Route("GET", "/open", Access.PUBLIC, "", call -> call.reply(200, Map.of("a", 1))),
            new Route("GET", "/sse", Access.PUBLIC, "", EventStreamTest::three),
            new Route("GET", "/lines", Access.PUBLIC, "", EventStreamTest::lines),
            new Route("GET", "/slow", Access.PUBLIC, "", this::slow),
            new Route("GET", "/flood", Access.PUBLIC, "", this::flood),
            new Route("GET", "/big", Access.PUBLIC, "", EventStreamTest::big),
            new Route("GET", "/breaks", Access.PUBLIC, "", EventStreamTest::breaks));
    WebServer.Options options =
        new WebServer.Options(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.empty(),
            Set.of(),
            1000,
            STALL);
    Guard nobody =
        call -> {
          throw ApiError.of(401, "no");
        };
    server =
        WebServer.start(
            options,
            new Router(routes),
            nobody,
            List.of((call, error) ->
                ends.add(new End(call.status(), error, Duration.ofNanos(call.nanos())))));
    http = new Http(server.address());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static void three(Call call) throws IOException {
    try (EventStream events = call.stream(Format.SSE)) {
      events.send(Map.of("n", 1));
      events.comment();
      events.send(Map.of("n", "two\nlines"));
      events.done();
    }
  }

  private static void lines(Call call) throws IOException {
    try (EventStream events = call.stream(Format.NDJSON)) {
      events.send(Map.of("n", 1));
      events.send(Map.of("n", "é"));
    }
  }

  private void slow(Call call) throws IOException, InterruptedException {
    try (EventStream events = call.stream(Format.SSE)) {
      for (int i = 0; i < 2000; i++) {
        events.send(Map.of("n", i));
        sent.incrementAndGet();
        Thread.sleep(10);
      }
    }
  }

  private void flood(Call call) throws IOException {
    try (EventStream events = call.stream(Format.SSE)) {
      for (int i = 0; i < 100_000; i++) {
        events.send(Map.of("x", "x".repeat(BIG)));
        sent.incrementAndGet();
      }
    }
  }

  private static void big(Call call) throws IOException {
    call.reply(200, "text/plain", new byte[1 << 28]);
  }

  private static void breaks(Call call) throws IOException {
    try (EventStream events = call.stream(Format.NDJSON)) {
      events.send(Map.of("n", 1));
    }
    throw new IllegalStateException("a bug behind the end");
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\nHost: localhost\n\n";
  }

  @Test
  void serverSentEventsAreFramedAndEndWithAMark() throws Exception {
    Http.Reply reply = http.get("/sse");
    assertThat(reply.body())
        .isEqualTo(
            "data: {\"n\":1}\n\n: ping\n\ndata: {\"n\":\"two\\nlines\"}\n\ndata: [DONE]\n\n");
    assertThat(reply.header("Content-Type")).isEqualTo("text/event-stream");
    assertThat(reply.header("Cache-Control")).isEqualTo("no-store");
    assertThat(reply.header("X-Accel-Buffering")).isEqualTo("no");
  }

  @Test
  void ndjsonHasOneObjectPerLine() throws Exception {
    Http.Reply reply = http.get("/lines");
    assertThat(reply.body()).isEqualTo("{\"n\":1}\n{\"n\":\"é\"}\n");
    assertThat(reply.header("Content-Type")).isEqualTo("application/x-ndjson");
  }

  @Test
  void eventsArriveAtOnceOnAConnectionThatWasUsedBefore() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(socket, get("/open"));
      Http.readUntil(socket, "}");
      Http.send(socket, get("/slow"));
      Http.readUntil(socket, "\"n\":0}");
      int together = 0;
      for (int i = 1; i < 40; i++) {
        Http.readUntil(socket, "\"n\":" + i + "}");
        together += sent.get() > i + 1 ? 1 : 0;
      }
      // Nagle's algorithm would hold back four events at a time.
      assertThat(together).isLessThan(20);
    }
  }

  @Test
  void aClientThatGoesAwayIsNoticedWithinAFewEvents() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(socket, get("/slow"));
      Http.readUntil(socket, "\"n\":5}");
    }
    int before = sent.get();
    End end = ends.poll(5, TimeUnit.SECONDS);
    assertThat(end).isNotNull();
    assertThat(end.error()).isInstanceOf(IOException.class);
    assertThat(sent.get() - before).isLessThanOrEqualTo(3);
  }

  @Test
  void aClientThatDoesNotReadIsCutOffWithoutHarmToOthers() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(socket, get("/flood"));
      Http.readUntil(socket, "data:");
      assertThat(http.get("/sse").status()).isEqualTo(200);
      ends.poll(5, TimeUnit.SECONDS);
      End end = ends.poll(10, TimeUnit.SECONDS);
      assertThat(end).isNotNull();
      assertThat(end.error()).isInstanceOf(IOException.class);
      assertThat(end.after()).isBetween(STALL, STALL.multipliedBy(8));
      assertThat(http.get("/sse").status()).isEqualTo(200);
    }
  }

  @Test
  void aLongReplyThatIsNotReadIsCutOffToo() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(socket, get("/big"));
      Http.readUntil(socket, "\r\n\r\n");
      End end = ends.poll(10, TimeUnit.SECONDS);
      assertThat(end).isNotNull();
      assertThat(end.error()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aSlowReaderIsNotCutOff() throws Exception {
    try (Socket socket = http.connect()) {
      Http.send(socket, get("/flood"));
      byte[] buffer = new byte[1 << 12];
      long until = System.nanoTime() + STALL.multipliedBy(3).toNanos();
      while (System.nanoTime() < until) {
        assertThat(socket.getInputStream().read(buffer)).isPositive();
        Thread.sleep(1);
      }
      assertThat(ends).isEmpty();
    }
  }

  @Test
  void aBugBehindTheEndOfAStreamDoesNotSpoilIt() throws Exception {
    assertThat(http.get("/breaks").body()).isEqualTo("{\"n\":1}\n");
    assertThat(http.get("/open").status()).isEqualTo(200);
  }
}
