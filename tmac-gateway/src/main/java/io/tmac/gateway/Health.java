package io.tmac.gateway;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.Map;

/**
 * The health check of a container, which has no curl: {@code java -cp tmac-gateway.jar
 * io.tmac.gateway.Health} ends with status 0 if the gateway of this machine is ready. With TLS it
 * only checks that somebody listens.
 */
final class Health {
  private static final int TIMEOUT_MILLIS = 5000;

  private Health() {}

  public static void main(String[] args) {
    System.exit(isReady(System.getenv()) ? 0 : 1);
  }

  static boolean isReady(Map<String, String> environment) {
    int port = Integer.parseInt(environment.getOrDefault("GATEWAY_PORT", "8080").strip());
    try {
      if (environment.getOrDefault("GATEWAY_TLS_KEYSTORE", "").isBlank()) {
        return status(port) == HttpURLConnection.HTTP_OK;
      }
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        return true;
      }
    } catch (IOException e) {
      return false;
    }
  }

  private static int status(int port) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + port + "/ready").toURL().openConnection();
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }
}
