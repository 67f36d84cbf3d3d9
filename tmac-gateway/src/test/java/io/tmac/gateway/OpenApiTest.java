package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.tmac.Model;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The document says what is so: the routes there are, and the bodies they send. */
class OpenApiTest {
  private static final String META = "https://json-schema.org/draft/2020-12/schema";
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;

  private final SchemaRegistry schemas =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private Model model;
  private Gateway gateway;
  private Http http;
  private String[] key;
  private JsonNode document;

  @BeforeEach
  void start() throws Exception {
    model = TinyModel.chat();
    gateway =
        Gateway.builder()
            .settings(
                GatewaySettings.builder()
                    .set(Setting.JWT_SECRET, "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A")
                    .set(Setting.PORT, 0)
                    .set(Setting.DATA, folder.resolve("data").toString())
                    .build())
            .model("tiny", model)
            .start();
    http = new Http(gateway.address());
    key = new String[] {"Authorization", "Bearer " + gateway.newAdminKey().orElseThrow()};
    document = http.get("/openapi.json").json();
  }

  @AfterEach
  void stop() {
    gateway.close();
    model.close();
  }

  @Test
  void itHasTheRoutesThereAre() {
    Set<String> documented = new TreeSet<>();
    document
        .path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .properties()
                .forEach(operation -> documented.add(operation.getKey() + " " + path.getKey())));
    Set<String> actual = new TreeSet<>();
    for (Route route : gateway.routes()) {
      actual.add(route.method().toLowerCase(Locale.ROOT) + " " + route.path());
      JsonNode operation =
          document.path("paths").path(route.path()).path(route.method().toLowerCase(Locale.ROOT));
      assertThat(operation.path("security").isEmpty()).isEqualTo(route.access() == Access.PUBLIC);
      assertThat(operation.path("x-access").asString("public"))
          .isEqualToIgnoringCase(route.access().name());
      assertThat(operation.path("parameters").size()).isEqualTo(route.path().contains("{") ? 1 : 0);
      boolean refuses = route.summary().equals("Not supported");
      assertThat(operation.path("responses").size()).as(route.path()).isEqualTo(refuses ? 1 : 2);
      if (route.method().equals("POST") && !refuses) {
        assertThat(operation.has("requestBody")).as(route.path()).isTrue();
      }
    }
    assertThat(documented).isEqualTo(actual);
  }

  @Test
  void itHasTheFormOfOpenApi() {
    assertThat(document.path("openapi").asString()).isEqualTo("3.1.0");
    assertThat(document.path("info").path("version").asString()).isEqualTo(Version.get());
    List<String> ids = new ArrayList<>();
    document
        .path("paths")
        .forEach(
            path -> path.forEach(operation -> ids.add(operation.path("operationId").asString())));
    assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("[a-z][a-z0-9_]*"));
    Schema meta = schemas.getSchema(SchemaLocation.of(META));
    JsonNode components = document.path("components").path("schemas");
    components
        .properties()
        .forEach(
            schema -> assertThat(meta.validate(schema.getValue())).as(schema.getKey()).isEmpty());
    Set<String> used = new HashSet<>();
    references(document, used);
    assertThat(used)
        .containsExactlyInAnyOrderElementsOf(
            components.propertyNames().stream()
                .map(name -> "#/components/schemas/" + name)
                .toList());
  }

  private static void references(JsonNode node, Set<String> found) {
    if (node.path("$ref").isString()) {
      found.add(node.path("$ref").asString());
    }
    node.forEach(child -> references(child, found));
  }

  private void check(String schema, JsonNode value) {
    ObjectNode root = JSON.createObjectNode();
    root.put("$schema", META);
    root.put("$ref", "#/components/schemas/" + schema);
    root.set("components", document.path("components"));
    assertThat(schemas.getSchema(root).validate(value)).as(schema + " " + value).isEmpty();
    JsonNode fields = document.path("components").path("schemas").path(schema).path("properties");
    if (!fields.isEmpty()) {
      assertThat(List.copyOf(fields.propertyNames())).containsAll(value.propertyNames());
    }
  }

  private Reply get(String path) throws Exception {
    return http.get(path, key);
  }

  private JsonNode post(String path, String schema, String body) throws Exception {
    check(schema, JSON.readTree(body.replace('\'', '"')));
    return http.post(path, body, key).json();
  }

  @Test
  void repliesAreAsItSays() throws Exception {
    String chat =
        "{'model':'tiny','messages':[{'role':'user','content':'the sun'}],'max_tokens':4,"
            + "'logprobs':true,'top_logprobs':2,'stop':['x'],'seed':1,'n':2}";
    check("ChatCompletion", post("/v1/chat/completions", "ChatRequest", chat));
    String streamed =
        chat.replace("'n':2", "'stream':true,'stream_options':{'include_usage':true}");
    http.post("/v1/chat/completions", streamed, key)
        .events()
        .forEach(event -> check("ChatCompletionChunk", event));
    String text = "{'model':'tiny','prompt':['a','the'],'max_tokens':3,'logprobs':2}";
    check("Completion", post("/v1/completions", "CompletionRequest", text));
    http.post("/v1/completions", text.replace("3,", "3,'stream':true,"), key)
        .events()
        .forEach(event -> check("Completion", event));
    String options = "'options':{'num_predict':3,'repeat_penalty':1.1,'stop':'x'},'logprobs':true";
    String ollama = "{'model':'tiny','messages':[{'role':'user','content':'sea'}]," + options + "}";
    JsonNode both = post("/api/chat", "OllamaChatRequest", ollama);
    assertThat(both.has("choices")).isTrue(); // OpenAI's fields are a bonus, not the interface.
    for (String extra :
        List.of("id", "object", "created", "system_fingerprint", "choices", "usage")) {
      ((ObjectNode) both).remove(extra);
    }
    check("OllamaChat", both);
    http.post("/api/chat", ollama.replace("'logprobs'", "'stream':true,'logprobs'"), key)
        .objects()
        .forEach(line -> check("OllamaChat", line));
    String generate = "{'model':'tiny','prompt':'sea'," + options + "}";
    check("Generated", post("/api/generate", "GenerateRequest", generate));
    check("BatchReply", post("/api/batch", "BatchRequest", "{'requests':[" + generate + "]}"));
    check("ShownModel", post("/api/show", "ShowRequest", "{'model':'tiny'}"));
    String order = "{'name':'a b','role':'user','models':['tiny'],'rate_limit':7}";
    JsonNode made = post("/api/keys", "NewKey", order);
    check("Key", made);
    check("Keys", get("/api/keys").json());
    check(
        "Revoked",
        http.send("DELETE", "/api/keys/" + made.path("id").asString(), null, key).json());
  }

  @Test
  void whatIsReadIsAsItSays() throws Exception {
    for (Route route : gateway.routes()) {
      if (!route.method().equals("GET")) {
        continue;
      }
      String path = route.path().replaceAll("\\{\\w+}", "tiny");
      Reply reply = get(path);
      assertThat(reply.status()).as(path).isEqualTo(200);
      JsonNode content =
          document
              .path("paths")
              .path(route.path())
              .path("get")
              .path("responses")
              .path("200")
              .path("content");
      String media = reply.header("Content-Type").replaceFirst(";\\s*charset=utf-8$", "");
      assertThat(content.propertyNames()).as(path).contains(media);
      String schema = content.path(media).path("schema").path("$ref").asString("");
      if (!schema.isEmpty()) {
        check(schema.substring(schema.lastIndexOf('/') + 1), reply.json());
      }
    }
  }

  @Test
  void errorsAreAsItSays() throws Exception {
    check("OpenAiError", http.post("/v1/chat/completions", "{}", key).json());
    check("OpenAiError", http.get("/v1/models").json());
    check("OpenAiError", http.post("/v1/embeddings", "{}", key).json());
    check("Error", http.post("/api/chat", "{}", key).json());
    check("Error", http.get("/nowhere").json());
  }
}
