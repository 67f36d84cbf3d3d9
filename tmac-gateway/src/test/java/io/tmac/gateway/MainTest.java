package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  private static final String SECRET = "Zk3vQ9xLw7Tb2Rn8Yc5Hf1Mj6Pd4Sg0A";

  @TempDir private Path folder;

  private record Run(int code, String out, String err) {}

  private static Run run(Map<String, String> environment, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Main.command(environment).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return new Run(command.execute(arguments), out.toString(), err.toString().strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port http | error: --port must be a whole number from 0 to 65535: http",
        "--host 0.0.0.0 --no-auth | error: --no-auth works on loopback addresses only, because"
            + " everybody who can connect may do everything; GATEWAY_HOST is 0.0.0.0",
        "--no-auth nowhere.bin | error: MODEL_PATH names a file that is not there: nowhere.bin",
        "--log-level LOUD | error: --log-level must be one of DEBUG, INFO, WARNING, ERROR,"
            + " CRITICAL: LOUD",
        "--jwt-secret=x | error: Unknown option: '--jwt-secret=x'",
        "--port | error: Missing required parameter for option '--port' (PORT)"
      })
  void wrongUsageIsOneSentenceAndCodeTwo(String arguments, String message) {
    Run run = run(Map.of(), arguments.split(" "));
    assertThat(run.err()).isEqualTo(message);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aMissingOrWeakSecretIsExplained() throws Exception {
    String model = Files.writeString(folder.resolve("m.bin"), "").toString();
    Run missing = run(Map.of(), model);
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err())
        .startsWith("error: JWT_SECRET is not set. Make one with: java -jar")
        .hasLineCount(1);
    Run sample = run(Map.of("JWT_SECRET", "your-secret-key-change-in-production"), model);
    assertThat(sample.code()).isEqualTo(2);
    assertThat(sample.err()).startsWith("error: JWT_SECRET is a sample").hasLineCount(1);
    Run brief = run(Map.of("JWT_SECRET", "hunter2"), model);
    assertThat(brief.code()).isEqualTo(2);
    assertThat(brief.err()).contains("at least 32 bytes, not 7").doesNotContain("hunter2");
  }

  @Test
  void aModelThatIsNoneIsSaid() throws Exception {
    String model = Files.writeString(folder.resolve("m.bin"), "no model").toString();
    Run run = run(Map.of(), model, "--no-auth", "--port", "0");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).startsWith("error: ").contains("m.bin").hasLineCount(1);
  }

  @Test
  void helpNamesEverySetting() {
    Run help = run(Map.of(), "--help");
    assertThat(help.code()).isZero();
    for (Setting<?> setting : Setting.all()) {
      assertThat(help.out()).contains(setting.name()).contains(setting.flag());
    }
    assertThat(run(Map.of(), "--version").out()).startsWith("tmac-gateway ");
  }

  @Test
  void flagsComeBeforeTheEnvironment() throws Exception {
    String model = Files.writeString(folder.resolve("m.bin"), "").toString();
    Map<String, String> environment =
        Map.of("JWT_SECRET", SECRET, "GATEWAY_PORT", "1", "GATEWAY_QUEUE", "3");
    CommandLine command = Main.command(environment);
    GatewaySettings settings =
        Main.settings(command.parseArgs(model, "--port", "2", "--metrics-public"), environment);
    assertThat(settings.get(Setting.PORT)).isEqualTo(2);
    assertThat(settings.get(Setting.QUEUE)).isEqualTo(3);
    assertThat(settings.get(Setting.METRICS_PUBLIC)).isTrue();
    assertThat(settings.get(Setting.MODEL_PATH)).isEqualTo(model);
  }

  @Test
  void newSecretIsOneLine() {
    Run run = run(Map.of(), "--new-secret");
    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).hasSize(64).hasLineCount(1);
  }
}
