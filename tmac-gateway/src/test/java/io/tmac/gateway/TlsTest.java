package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.gateway.testing.ScriptedModel;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
  private static final String PASSWORD = "open sesame";

  @TempDir private Path folder;

  private Path keyTool(String... arguments) throws Exception {
    Path file = folder.resolve("gate.p12");
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-keystore", file.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(said).isZero();
    return file;
  }

  private Path keyStore() throws Exception {
    return keyTool(
        "-genkeypair",
        "-alias",
        "gate",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "SAN=dns:localhost");
  }

  private static GatewaySettings settings(Path file, String password) {
    return GatewaySettings.builder()
        .set(Setting.NO_AUTH, true)
        .set(Setting.PORT, 0)
        .set(Setting.TLS_KEYSTORE, file.toString())
        .set(Setting.TLS_PASSWORD, password)
        .build();
  }

  @Test
  void speaksTls() throws Exception {
    Path file = keyStore();
    SSLContext trusting = SSLContext.getInstance("TLS");
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    trusting.init(null, trust.getTrustManagers(), null);
    try (Gateway gateway =
            Gateway.builder()
                .settings(settings(file, PASSWORD))
                .serve(new ScriptedModel("small", 2, Duration.ZERO, i -> "piece"))
                .start();
        HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
      HttpResponse<String> reply =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("https://localhost:" + gateway.address().getPort() + "/health"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
      assertThat(reply.headers().firstValue("Strict-Transport-Security")).isPresent();
    }
  }

  @Test
  void saysWhatIsWrongWithTheFile() throws Exception {
    Path file = keyStore();
    assertThatThrownBy(() -> Tls.of(settings(file, "wrong one")))
        .hasMessage("GATEWAY_TLS_PASSWORD does not open " + file);
    Path other = Files.writeString(folder.resolve("other.p12"), "not a key store");
    assertThatThrownBy(() -> Tls.of(settings(other, PASSWORD)))
        .hasMessage("GATEWAY_TLS_KEYSTORE is not a PKCS12 file that can be read: " + other);
  }

  @Test
  void needsAPrivateKey() throws Exception {
    Path file = keyTool("-genseckey", "-alias", "x", "-keyalg", "AES", "-keysize", "128");
    assertThatThrownBy(() -> Tls.of(settings(file, PASSWORD)))
        .hasMessageContaining("GATEWAY_TLS_KEYSTORE has no private key with a certificate");
  }
}
