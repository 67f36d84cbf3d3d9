package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GatewayTest {
  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private Model model;
  private Gateway gateway;

  @BeforeEach
  void start() throws IOException {
    model = Model.load(tinyModel());
    gateway = Gateway.start(model, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void stop() {
    gateway.close();
    model.close();
    client.close();
  }

  @ParameterizedTest
  @CsvSource({"/live, alive", "/ready, ready", "/health, inference_ready"})
  void answersTheProbes(String path, String field) throws Exception {
    HttpResponse<String> response = send("GET", path);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(json(response).get(field).asBoolean()).isTrue();
  }

  @Test
  void healthNamesTheActiveKernels() throws Exception {
    JsonNode health = json(send("GET", "/health"));
    assertThat(health.get("kernels").asString()).isEqualTo(model.info().kernels());
    assertThat(health.get("vector_bits").asInt()).isEqualTo(model.info().vectorBits());
    assertThat(health.get("threads").asInt()).isEqualTo(model.info().threads());
  }

  @Test
  void refusesOtherPathsAndMethods() throws Exception {
    assertThat(send("GET", "/healthy").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/health/").statusCode()).isEqualTo(404);
    HttpResponse<String> post = send("POST", "/health");
    assertThat(post.statusCode()).isEqualTo(405);
    assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");
    assertThat(json(post).get("code").asInt()).isEqualTo(405);
  }

  @Test
  void answersHeadWithoutABody() throws Exception {
    HttpResponse<String> head = send("HEAD", "/live");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    URI uri = URI.create("http://localhost:" + gateway.address().getPort() + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) {
    return new JsonMapper().readTree(response.body());
  }

  /** A llama2.c v0 file with one layer of zeros. */
  private Path tinyModel() throws IOException {
    int dim = 4;
    int hiddenDim = 4;
    int vocabSize = 3;
    int contextLength = 2;
    int matrices = vocabSize * dim + 4 * dim * dim + 3 * dim * hiddenDim;
    int norms = 3 * dim;
    int rope = contextLength * dim;
    ByteBuffer file = ByteBuffer.allocate(28 + 4 * (matrices + norms + rope));
    file.order(ByteOrder.LITTLE_ENDIAN);
    for (int field : new int[] {dim, hiddenDim, 1, 1, 1, vocabSize, contextLength}) {
      file.putInt(field);
    }
    return Files.write(folder.resolve("tiny.bin"), file.array());
  }
}
