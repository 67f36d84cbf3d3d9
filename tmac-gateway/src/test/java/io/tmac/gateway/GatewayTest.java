package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ChatMessage;
import io.tmac.Model;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.Shared;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class GatewayTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static Model model;
  private Gateway gateway;
  private Http http;

  @BeforeAll
  static void load() {
    model = TinyModel.chat();
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  @BeforeEach
  void start() throws IOException {
    gateway = Gateway.builder().model("tiny", model).address(ANY).start();
    http = new Http(gateway.address());
  }

  @AfterEach
  void stop() {
    gateway.close();
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource({"/live, alive", "/ready, ready", "/health, inference_ready"})
  void answersTheProbes(String path, String field) throws Exception {
    Reply reply = http.get(path);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().get(field).asBoolean()).isTrue();
    assertThat(http.send("HEAD", path, null).status()).isEqualTo(200);
    assertThat(http.post(path, "{}").status()).isEqualTo(405);
  }

  @Test
  void healthNamesTheActiveKernels() throws Exception {
    JsonNode health = http.get("/health").json();
    assertThat(health.get("status").asString()).isEqualTo("healthy");
    assertThat(health.get("kernels").asString()).isEqualTo(model.info().kernels());
    assertThat(health.get("vector_bits").asInt()).isEqualTo(model.info().vectorBits());
    assertThat(health.get("threads").asInt()).isEqualTo(model.info().threads());
    assertThat(health.get("models").get("tiny").asBoolean()).isTrue();
    assertThat(health.get("uptime_seconds").asLong()).isNotNegative();
  }

  @Test
  void theRootTellsWhatThereIs() throws Exception {
    JsonNode root = http.get("/").json();
    assertThat(root.get("service").asString()).isEqualTo("tmac-gateway");
    assertThat(root.get("version").asString())
        .isEqualTo(http.get("/api/version").json().get("version").asString());
    assertThat(root.get("endpoints").has("POST /v1/chat/completions")).isTrue();
    assertThat(root.get("endpoints").has("GET /")).isTrue();
    assertThat(http.send("HEAD", "/", null).status()).isEqualTo(200);
  }

  @Test
  void isNotReadyWhileItDrains() throws Exception {
    assertThat(gateway.drain(Duration.ofSeconds(5))).isTrue();
    Reply ready = http.get("/ready");
    assertThat(ready.status()).isEqualTo(503);
    assertThat(ready.json().get("checks").get("accepting").asBoolean()).isFalse();
    assertThat(http.get("/live").status()).isEqualTo(200);
    Reply refused = http.post("/api/generate", "{'model':'tiny','prompt':'a'}");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("Retry-After")).isEqualTo("5");
  }

  @Test
  void livesButIsNotReadyWithoutItsModel(@TempDir Path folder) throws Exception {
    try (Gateway broken =
        Gateway.builder().model("gone", folder.resolve("gone.bin")).address(ANY).start()) {
      Http client = new Http(broken.address());
      assertThatThrownBy(broken::awaitReady).isInstanceOf(IOException.class);
      assertThat(client.get("/live").status()).isEqualTo(200);
      assertThat(client.get("/ready").status()).isEqualTo(503);
      assertThat(client.get("/health").status()).isEqualTo(200);
      assertThat(client.get("/health").json().get("status").asString()).isEqualTo("degraded");
      assertThat(client.get("/v1/models").json().get("data")).hasSize(1);
      assertThat(client.get("/api/ps").json().get("models")).isEmpty();
      assertThat(client.post("/api/generate", "{'model':'gone','prompt':'a'}").status())
          .isEqualTo(503);
    }
  }

  @Test
  void storiesCanChat() throws Exception {
    Path stories = Shared.path("models/stories260K");
    try (Model loaded = Model.load(stories);
        Gateway one = Gateway.start(loaded, ANY)) {
      Reply reply =
          new Http(one.address())
              .post(
                  "/v1/chat/completions",
                  "{'model':'stories260K','temperature':0,'max_tokens':20,"
                      + "'messages':[{'role':'user','content':'Tell me a story.'}]}");
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      String text = reply.json().get("choices").get(0).get("message").get("content").asString();
      assertThat(text)
          .isNotBlank()
          .isEqualTo(
              loaded
                  .generate("<|user|>\nTell me a story.\n<|assistant|>\n")
                  .temperature(0)
                  .maxTokens(20)
                  .stop("<|user|>", "<|system|>", "<|assistant|>")
                  .text());
    }
  }

  @Test
  void aRealChatModelAnswersAsItDoesItself() throws Exception {
    Path folder = Shared.path("models/smollm2-135m-instruct");
    try (Model loaded = Model.load(folder.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"));
        Gateway one = Gateway.builder().model("smollm2", loaded).address(ANY).start()) {
      Reply reply =
          new Http(one.address())
              .post(
                  "/v1/chat/completions",
                  "{'model':'smollm2','temperature':0,'max_tokens':12,"
                      + "'messages':[{'role':'user','content':'What is the capital of France?'}]}");
      String text = reply.json().get("choices").get(0).get("message").get("content").asString();
      assertThat(text)
          .isNotBlank()
          .isEqualTo(
              loaded
                  .chat(List.of(ChatMessage.user("What is the capital of France?")))
                  .temperature(0)
                  .maxTokens(12)
                  .text());
    }
  }

  @Test
  void onlyNamesOfTheLoopbackAreAnswered() throws IOException {
    assertThat(http.raw("GET /live HTTP/1.1\nHost: evil.test\n\n")).startsWith("HTTP/1.1 403");
    try (Gateway open =
        Gateway.builder()
            .model("m", model)
            .address(ANY)
            .allowedHosts(Set.of("Mine.test"))
            .start()) {
      Http client = new Http(open.address());
      assertThat(client.raw("GET /live HTTP/1.1\nHost: mine.test:80\nConnection: close\n\n"))
          .startsWith("HTTP/1.1 200");
      assertThat(client.raw("GET /live HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
          .startsWith("HTTP/1.1 403");
    }
  }

  @Test
  void whatCannotBeServedIsRefusedAtOnce() {
    assertThatThrownBy(() -> Gateway.builder().address(ANY).start())
        .hasMessage("a gateway needs at least one model");
    assertThatThrownBy(
            () -> Gateway.builder().model("a", model).model("a", model).address(ANY).start())
        .hasMessage("two models are called a");
    assertThatThrownBy(() -> Gateway.builder().model("../a", model).address(ANY).start())
        .hasMessageContaining("a model's name must be");
    assertThatThrownBy(() -> Gateway.builder().model("a", model).address(gateway.address()).start())
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Gateway.builder().maxTokens(0)).hasMessageContaining("maxTokens");
    assertThatThrownBy(() -> Gateway.builder().deadline(Duration.ZERO))
        .hasMessageContaining("deadline");
    assertThatThrownBy(() -> Gateway.builder().maxBody(0)).hasMessageContaining("maxBody");
  }

  @Test
  void theModelGoesOnWithoutTheGateway() {
    gateway.close();
    assertThat(model.generate("a").maxTokens(2).temperature(0).result().generatedTokens())
        .isLessThanOrEqualTo(2);
  }
}
