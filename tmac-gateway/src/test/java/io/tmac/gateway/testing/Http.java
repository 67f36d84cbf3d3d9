package io.tmac.gateway.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests to a server on this machine, well-formed and otherwise. */
public final class Http {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final JsonMapper JSON = new JsonMapper();

  private final InetSocketAddress address;

  /** Talks to a server. */
  public Http(InetSocketAddress address) {
    this.address = address;
  }

  /** A reply. */
  public record Reply(int status, HttpResponse<String> response, String body) {
    /** The body as JSON. */
    public JsonNode json() {
      return JSON.readTree(body);
    }

    /** A header, or an empty string. */
    public String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    /** The lines of the body that are not empty. */
    public List<String> lines() {
      return body.lines().filter(line -> !line.isEmpty()).toList();
    }

    /** The data of server-sent events, without the last mark. */
    public List<JsonNode> events() {
      return lines().stream()
          .filter(line -> line.startsWith("data: {"))
          .map(line -> JSON.readTree(line.substring("data: ".length())))
          .toList();
    }

    /** The objects of NDJSON. */
    public List<JsonNode> objects() {
      return lines().stream().map(JSON::readTree).toList();
    }
  }

  /** Returns the address of a path. */
  public URI uri(String path) {
    return URI.create("http://localhost:" + address.getPort() + path);
  }

  /** Sends a request without a body. */
  public Reply get(String path, String... headers) throws IOException, InterruptedException {
    return send("GET", path, null, headers);
  }

  /** Sends JSON. Single quotes stand for double ones. */
  public Reply post(String path, String json, String... headers)
      throws IOException, InterruptedException {
    return send("POST", path, json.replace('\'', '"'), headers);
  }

  /** Sends any request; a body of null is none. */
  public Reply send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null && !List.of(headers).contains("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString());
    return new Reply(response.statusCode(), response, response.body());
  }

  /** Opens a connection. */
  public Socket connect() throws IOException {
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /**
   * Sends bytes as they are and reads until the server closes. Lines end with a plain line feed
   * here, and with CR LF on the wire.
   */
  public String raw(String request) throws IOException {
    try (Socket socket = connect()) {
      send(socket, request);
      socket.shutdownOutput();
      return new String(readAll(socket.getInputStream()), StandardCharsets.UTF_8);
    }
  }

  private static byte[] readAll(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      in.transferTo(out);
    } catch (IOException e) {
      // A reset: what came before it counts.
    }
    return out.toByteArray();
  }

  /** Sends text on an open connection; line ends as in {@link #raw}. */
  public static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  /** Reads from an open connection until a text has come. */
  public static String readUntil(Socket socket, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    int next;
    while (text.indexOf(end) < 0 && (next = socket.getInputStream().read()) >= 0) {
      text.append((char) next);
    }
    return text.toString();
  }
}
