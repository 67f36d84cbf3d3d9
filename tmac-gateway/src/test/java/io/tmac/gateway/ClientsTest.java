package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that are not written in Java, and a browser. They run in the profile {@code clients},
 * which needs Python 3 and Node and installs pinned packages below {@code target/clients}; the
 * scripts are in {@code src/clients}.
 */
@Tag("clients")
class ClientsTest {
  private static final Path SCRIPTS = Path.of("src/clients");
  private static final Path WORK = Path.of("target/clients").toAbsolutePath();
  private static final Path PYTHON = WORK.resolve("venv/bin/python");
  private static final Path NODE = WORK.resolve("node");
  private static final long INSTALL_SECONDS = 300;
  private static final long RUN_SECONDS = 120;

  private static ClientServer server;

  @BeforeAll
  static void install() throws Exception {
    Files.createDirectories(NODE);
    Files.createDirectories(WORK.resolve("tmp"));
    need("python3");
    need("node");
    need("npm");
    if (!Files.exists(PYTHON)) {
      run(INSTALL_SECONDS, Map.of(), "python3", "-m", "venv", WORK.resolve("venv").toString());
    }
    run(
        INSTALL_SECONDS,
        Map.of(),
        PYTHON.toString(),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        SCRIPTS.resolve("python/requirements.txt").toString());
    try (var files = Files.list(SCRIPTS.resolve("node"))) {
      for (Path file : files.toList()) {
        Path copy = NODE.resolve(file.getFileName());
        Files.deleteIfExists(copy);
        Files.copy(file, copy);
      }
    }
    run(
        INSTALL_SECONDS,
        Map.of(),
        "npm",
        "--prefix",
        NODE.toString(),
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts");
    server = new ClientServer();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static void need(String program) throws Exception {
    try {
      run(RUN_SECONDS, Map.of(), program, "--version");
    } catch (IOException e) {
      throw new AssertionError(
          "the profile clients needs " + program + " on the PATH; leave it out with plain mvn", e);
    }
  }

  private static void run(long seconds, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(WORK, "run", ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    builder.environment().put("TMPDIR", WORK.resolve("tmp").toString());
    builder
        .environment()
        .keySet()
        .removeIf(name ->
            name.matches("(?i)(http|https|all)_proxy")
                && !command[0].equals("npm")
                && !List.of(command).contains("pip"));
    Process process = builder.start();
    boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
    if (!ended) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    String said = Files.readString(log);
    Files.delete(log);
    assertThat(ended).as(String.join(" ", command) + " took too long: " + said).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command) + ": " + said).isZero();
  }

  /** Runs a script of {@code src/clients}. */
  private static void script(String name, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    if (name.endsWith(".py")) {
      command.addAll(List.of(PYTHON.toString(), SCRIPTS.resolve("python/" + name).toString()));
    } else {
      command.addAll(List.of("node", NODE.resolve(name).toString()));
    }
    command.addAll(List.of(arguments));
    String expected =
        server.model.chat(List.of(ChatMessage.user("the sun"))).temperature(0).maxTokens(12).text();
    Map<String, String> environment =
        Map.of(
            "GATEWAY_URL",
            server.url(),
            "GATEWAY_KEY",
            ClientServer.KEY,
            "EXPECTED",
            name.equals("page.mjs") ? String.join("", ClientServer.PROSE) : expected,
            "SCREENSHOTS",
            System.getProperty("tmac.screenshots", ""));
    run(RUN_SECONDS, environment, command.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai_client.py", "ollama_client.py", "openai.mjs", "ollama.mjs"})
  void listChatStreamAndErrors(String name) throws Exception {
    script(name, "everything");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai_client.py", "openai.mjs"})
  void comesAgainAfter429(String name) throws Exception {
    server.calls.set(0);
    server.refusals.set(2);
    script(name, "retry");
    assertThat(server.calls.get()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai_client.py", "ollama_client.py", "openai.mjs", "ollama.mjs"})
  void understands429(String name) throws Exception {
    server.refusals.set(Integer.MAX_VALUE);
    try {
      script(name, "refused");
    } finally {
      server.refusals.set(0);
    }
  }

  @Test
  void theDescriptionIsOpenApi() throws Exception {
    script("description.py");
  }

  @Test
  void thePageWorksInABrowser() throws Exception {
    script("page.mjs");
  }
}
