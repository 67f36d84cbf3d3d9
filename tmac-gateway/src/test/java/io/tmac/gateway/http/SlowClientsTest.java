package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.http.EventStream.Format;
import io.tmac.gateway.testing.Http;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Clients that send their request drop by drop. How long the JDK's server waits is read from a
 * system property once, so that the server of this test is another process, with one second instead
 * of thirty.
 */
class SlowClientsTest {
  private static Process process;
  private static Http http;

  /** The server. */
  static final class Server {
    public static void main(String[] args) throws Exception {
      List<Route> routes =
          List.of(
              new Route(
                  "POST",
                  "/echo",
                  Access.PUBLIC,
                  "",
                  call -> {
                    call.json();
                    call.reply(200, Map.of("a", 1));
                  }),
              new Route("POST", "/stream", Access.PUBLIC, "", Server::stream));
      WebServer.Options options =
          new WebServer.Options(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
              Optional.empty(),
              Set.of(),
              1 << 20,
              Duration.ofSeconds(5));
      Guard nobody =
          call -> {
            throw ApiError.of(401, "no");
          };
      WebServer server = WebServer.start(options, new Router(routes), nobody, List.of());
      System.out.println(server.address().getPort());
      System.in.read(); // The test has ended.
      System.exit(0);
    }

    private static void stream(Call call) throws IOException, InterruptedException {
      call.json();
      try (EventStream events = call.stream(Format.NDJSON)) {
        for (int i = 0; i < 8; i++) {
          events.send(Map.of("n", i));
          Thread.sleep(500);
        }
      }
    }
  }

  @BeforeAll
  static void start() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dsun.net.httpserver.maxReqTime=1",
                "-cp",
                System.getProperty("java.class.path"),
                Server.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    int port = Integer.parseInt(out.readLine());
    http = new Http(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  @AfterAll
  static void stop() {
    process.destroyForcibly();
  }

  /** Sends a byte every tenth of a second until the server closes; returns how long that took. */
  private static Duration trickle(String begin) throws Exception {
    long start = System.nanoTime();
    try (Socket socket = http.connect()) {
      Http.send(socket, begin);
      for (int i = 0; i < 150; i++) {
        socket.getOutputStream().write('x');
        if (socket.getInputStream().available() > 0) {
          break;
        }
        Thread.sleep(100);
      }
    } catch (IOException e) {
      // It was closed.
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void aRequestThatNeverEndsIsCutOff() throws Exception {
    assertThat(trickle("POST /echo HTTP/1.1\nHost: localhost\nX-Slow: "))
        .isLessThan(Duration.ofSeconds(8));
    assertThat(trickle("POST /echo HTTP/1.1\nHost: localhost\nContent-Length: 100000\n\n{\"a\":\""))
        .isLessThan(Duration.ofSeconds(8));
    assertThat(http.post("/echo", "{}").status()).isEqualTo(200);
  }

  @Test
  void aReplyMayTakeLongerThanARequest() throws Exception {
    assertThat(http.post("/stream", "{}").objects()).hasSize(8);
  }
}
