package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import io.tmac.gateway.testing.Child;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A gateway that is told of no model. */
class DemoGatewayTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("GATEWAY_NO_AUTH", "true", "GATEWAY_PORT", "0");
  private static final String CHAT =
      "{'model':'tmac-stories','temperature':0,'max_tokens':20,'messages':["
          + "{'role':'system','content':'You are kind.'},"
          + "{'role':'user','content':'Hello'},{'role':'assistant','content':'Hi'},"
          + "{'role':'user','content':'Once upon a time'}]}";

  @TempDir private Path folder;

  private static String expected() throws IOException {
    try (Model model = DemoModel.load()) {
      return model.generate("Once upon a time").temperature(0).maxTokens(20).text();
    }
  }

  @Test
  void anApplicationCanServeTheDemoModel() throws Exception {
    String expected = expected();
    try (Gateway gateway =
        Gateway.builder()
            .demoModel()
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .start()) {
      gateway.awaitReady();
      Http http = new Http(gateway.address());
      assertThat(http.get("/ready").status()).isEqualTo(200);
      JsonNode models = http.get("/v1/models").json().get("data");
      assertThat(models).hasSize(1);
      assertThat(models.get(0).get("id").asString()).isEqualTo(DemoModel.NAME);

      JsonNode chat = http.post("/v1/chat/completions", CHAT).json();
      JsonNode message = chat.get("choices").get(0).get("message");
      assertThat(message.get("content").asString()).isEqualTo(expected);
      assertThat(http.post("/api/chat", CHAT).json().get("message").get("content").asString())
          .isEqualTo(expected);

      String prompt = "{'model':'tmac-stories','prompt':'Once upon a time','temperature':0,";
      JsonNode text = http.post("/v1/completions", prompt + "'max_tokens':20}").json();
      assertThat(text.get("choices").get(0).get("text").asString()).isEqualTo(expected);
      assertThat(text.get("usage")).isEqualTo(chat.get("usage"));
      JsonNode generated = http.post("/api/generate", prompt + "'max_tokens':20}").json();
      assertThat(generated.get("response").asString()).isEqualTo(expected);

      JsonNode card = http.post("/api/show", "{'model':'tmac-stories'}").json();
      assertThat(card.get("details").get("quantization_level").asString()).isEqualTo("ternary_v2");
    }
  }

  @Test
  void thePageSaysWhatTheDemoModelDoes() throws Exception {
    try (Gateway gateway =
        Gateway.builder()
            .demoModel()
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .start()) {
      Reply page = new Http(gateway.address()).get("/", "Accept", "text/html");
      assertThat(page.body()).contains("const DEMO = \"" + DemoModel.NAME + "\";");
    }
  }

  @Test
  void theProgramServesItWithoutAModelAndSaysSo() throws Exception {
    try (Child child = Child.start(Main.class, ENVIRONMENT, folder.resolve("errors.txt"))) {
      serves(child);
    }
  }

  @Test
  @Tag("jar")
  void theRunnableJarServesIt() throws Exception {
    Path jar = Path.of("target/tmac-gateway.jar");
    try (Child child = Child.startJar(jar, ENVIRONMENT, folder.resolve("errors.txt"))) {
      serves(child);
    }
  }

  private static void serves(Child child) throws Exception {
    int port = Integer.parseInt(child.lineAfter("listening on http://127.0.0.1:"));
    child.lineAfter("ready");
    Http http = new Http(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    assertThat(http.get("/api/tags").json().get("models")).hasSize(1);
    Reply reply = http.post("/v1/chat/completions", CHAT);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(
            reply.json().get("choices").get(0).get("message").get("content").asString().isBlank())
        .isFalse();
    assertThat(child.errors().lines())
        .filteredOn(line -> line.contains("MODEL_PATH"))
        .singleElement()
        .asString()
        .contains(
            "MODEL_PATH is not set: serving the built-in demo model",
            "which only continues simple stories")
        .contains(DemoModel.NAME);
  }
}
