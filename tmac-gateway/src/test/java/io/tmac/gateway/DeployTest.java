package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.TinyModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The files of {@code deploy} fit together and to the gateway. */
class DeployTest {
  private static final Path DEPLOY = Path.of("deploy");
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern METRIC = Pattern.compile("\\b(tmac|jvm|process)_[a-z0-9_]+\\b");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)");

  private static JsonNode yaml(String file) throws IOException {
    return YAML.readTree(Files.readString(DEPLOY.resolve(file)));
  }

  private static List<JsonNode> values(JsonNode node, String field) {
    return node.findValues(field);
  }

  @Test
  void everyFileCanBeRead() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(DEPLOY)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      String name = file.toString();
      if (name.endsWith(".json")) {
        assertThat(JSON.readTree(Files.readString(file)).isObject()).as(name).isTrue();
      } else if (name.endsWith(".yaml") || name.endsWith(".yml")) {
        try (MappingIterator<JsonNode> documents =
            YAML.readerFor(JsonNode.class).readValues(Files.readString(file))) {
          assertThat(documents.readAll()).as(name).isNotEmpty().allMatch(JsonNode::isObject);
        }
      }
    }
    assertThat(files).hasSizeGreaterThan(10);
  }

  @Test
  void everyFileThatIsNamedExists() throws IOException {
    JsonNode compose = yaml("compose.yaml");
    for (JsonNode service : compose.path("services")) {
      for (JsonNode volume : service.path("volumes")) {
        String source = volume.asString().split(":")[0];
        if (source.startsWith("./")) {
          assertThat(DEPLOY.resolve(source)).exists();
        } else if (!source.startsWith("$")) {
          assertThat(compose.path("volumes").propertyNames()).contains(source);
        }
      }
      if (service.has("build")) {
        Path context = DEPLOY.resolve(service.path("build").path("context").asString());
        assertThat(context.resolve(service.path("build").path("dockerfile").asString())).exists();
      }
      service
          .path("depends_on")
          .forEach(other ->
              assertThat(compose.path("services").propertyNames()).contains(other.asString()));
    }
    for (JsonNode rules : yaml("monitoring/prometheus.yml").path("rule_files")) {
      assertThat(DEPLOY.resolve("monitoring").resolve(rules.asString())).exists();
    }
    for (JsonNode resource : yaml("kubernetes/kustomization.yaml").path("resources")) {
      assertThat(DEPLOY.resolve("kubernetes").resolve(resource.asString())).exists();
    }
    String environment = Files.readString(DEPLOY.resolve(".env.example"));
    Matcher variable = VARIABLE.matcher(Files.readString(DEPLOY.resolve("compose.yaml")));
    while (variable.find()) {
      assertThat(environment).contains("\n" + variable.group(1) + "=");
    }
  }

  @Test
  void settingsHaveTheirNames() throws IOException {
    Set<String> known = Setting.all().stream().map(Setting::name).collect(Collectors.toSet());
    Set<String> used = new TreeSet<>();
    JsonNode services = yaml("compose.yaml").path("services");
    for (String service : List.of("gateway", "gateway-gpu")) {
      used.addAll(services.path(service).path("environment").propertyNames());
    }
    used.remove("GPU_KEY");
    for (JsonNode variable :
        yaml("kubernetes/deployment.yaml").findValue("containers").path(0).path("env")) {
      used.add(variable.path("name").asString());
    }
    used.addAll(yaml("kubernetes/secret.example.yaml").path("stringData").propertyNames());
    Matcher docker =
        Pattern.compile("\\b(GATEWAY_[A-Z]+)=")
            .matcher(Files.readString(DEPLOY.resolve("Dockerfile")));
    while (docker.find()) {
      used.add(docker.group(1));
    }
    assertThat(used).hasSizeGreaterThan(7).isSubsetOf(known);
    JsonNode entry = JSON.readTree(Files.readString(DEPLOY.resolve("models-gpu.json")));
    GatewaySettings settings =
        GatewaySettings.builder()
            .set(Setting.NO_AUTH, true)
            .set(Setting.MODELS, DEPLOY.resolve("models-gpu.json").toString())
            .build();
    assertThat(ModelEntry.of(settings)).hasSize(entry.path("models").size());
    assertThat(services.path("gateway-gpu").path("environment").propertyNames())
        .contains(ModelEntry.of(settings).getFirst().keyEnv().orElseThrow());
  }

  @Test
  void metricsAndProbesExist() throws Exception {
    try (Model model = TinyModel.plain();
        Gateway gateway =
            Gateway.builder()
                .model("tiny", model)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start()) {
      Http http = new Http(gateway.address());
      http.post("/v1/completions", "{'model':'tiny','prompt':'a','max_tokens':2}");
      http.get("/v1/models/none");
      String metrics = http.get("/metrics").body();
      Set<String> wanted = new TreeSet<>();
      List<JsonNode> expressions = new ArrayList<>();
      JsonNode dashboard =
          JSON.readTree(
              Files.readString(DEPLOY.resolve("monitoring/grafana/dashboards/tmac.json")));
      expressions.addAll(values(dashboard, "expr"));
      expressions.addAll(values(dashboard, "query"));
      expressions.addAll(values(yaml("monitoring/alerts.yml"), "expr"));
      for (JsonNode expression : expressions) {
        Matcher metric = METRIC.matcher(expression.asString());
        while (metric.find()) {
          wanted.add(metric.group());
        }
      }
      assertThat(wanted)
          .hasSizeGreaterThan(15)
          .allSatisfy(
              name -> assertThat(metrics.lines()).anyMatch(line -> line.matches(name + "[{ ].*")));
      Set<String> open =
          gateway.routes().stream()
              .filter(route -> route.access() == Access.PUBLIC)
              .map(Route::path)
              .collect(Collectors.toSet());
      List<JsonNode> probes = values(yaml("kubernetes/deployment.yaml"), "httpGet");
      assertThat(probes).hasSize(3).allMatch(probe -> open.contains(probe.path("path").asString()));
      assertThat(yaml("monitoring/prometheus.yml").findValue("metrics_path").asString())
          .isEqualTo("/metrics");
    }
  }

  /** Pods are found by the service and the budget, and their ports have names. */
  @Test
  void manifestsFitTogether() throws IOException {
    JsonNode deployment = yaml("kubernetes/deployment.yaml");
    JsonNode labels = deployment.path("spec").path("template").path("metadata").path("labels");
    assertThat(deployment.path("spec").path("selector").path("matchLabels")).isEqualTo(labels);
    assertThat(yaml("kubernetes/service.yaml").path("spec").path("selector")).isEqualTo(labels);
    assertThat(yaml("kubernetes/pdb.yaml").path("spec").path("selector").path("matchLabels"))
        .isEqualTo(labels);
    JsonNode pod = deployment.path("spec").path("template").path("spec");
    JsonNode container = pod.path("containers").path(0);
    assertThat(values(container.path("ports"), "name").getFirst().asString()).isEqualTo("http");
    assertThat(yaml("kubernetes/secret.example.yaml").path("metadata").path("name"))
        .isEqualTo(container.path("envFrom").path(0).path("secretRef").path("name"));
    assertThat(container.path("securityContext").path("readOnlyRootFilesystem").booleanValue())
        .isTrue();
    assertThat(pod.path("securityContext").path("runAsNonRoot").booleanValue()).isTrue();
    String docker = Files.readString(DEPLOY.resolve("Dockerfile"));
    assertThat(docker)
        .contains("USER " + pod.path("securityContext").path("runAsUser").intValue() + "\n")
        .contains(Health.class.getName());
    List<String> mounted =
        values(container.path("volumeMounts"), "name").stream().map(JsonNode::asString).toList();
    assertThat(values(pod.path("volumes"), "name").stream().map(JsonNode::asString).toList())
        .containsExactlyInAnyOrderElementsOf(mounted);
  }

  @Test
  void theHealthCheckTellsWhetherItIsReady() throws Exception {
    Map<String, String> environment;
    try (Model model = TinyModel.plain();
        Gateway gateway =
            Gateway.builder()
                .model("tiny", model)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start()) {
      environment = Map.of("GATEWAY_PORT", Integer.toString(gateway.address().getPort()));
      assertThat(Health.isReady(environment)).isTrue();
      gateway.drain(Duration.ofSeconds(1));
      assertThat(Health.isReady(environment)).isFalse();
    }
    assertThat(Health.isReady(environment)).isFalse();
  }
}
