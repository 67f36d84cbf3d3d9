package io.tmac.gateway;

import io.tmac.gateway.store.StoreException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command line: {@code java -jar tmac-gateway.jar MODEL}. Its flags are the {@link Setting}s,
 * which the environment can give too.
 */
public final class Main {
  private static final int SECRET_BYTES = 48;

  private Main() {}

  /**
   * Runs the command line and exits: 0 after a normal end, 2 for wrong usage or settings, 1 for
   * other errors.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    System.exit(command(System.getenv()).execute(args));
  }

  static CommandLine command(Map<String, String> environment) {
    CommandLine command = new CommandLine(spec());
    command.setExecutionStrategy(parsed -> run(parsed, environment));
    command.setParameterExceptionHandler((e, arguments) -> {
      e.getCommandLine().getErr().println("error: " + firstLine(e));
      return CommandLine.ExitCode.USAGE;
    });
    command.setExecutionExceptionHandler((e, line, parsed) -> {
      if (parsed.hasMatchedOption("--debug")) {
        e.printStackTrace(line.getErr());
      }
      line.getErr().println("error: " + firstLine(e));
      return CommandLine.ExitCode.SOFTWARE;
    });
    return command;
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse("");
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("tmac-gateway").mixinStandardHelpOptions(true);
    spec.version("tmac-gateway " + Version.get());
    spec.usageMessage()
        .description("Serves models to the clients of OpenAI and Ollama.")
        .footer(
            "",
            "Each flag can be given in the environment instead, by the name in brackets.",
            "Only there, because command lines can be read by others:")
        .sortOptions(false);
    spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("MODEL")
            .arity("0..1")
            .type(String.class)
            .description(
                "A model file, or a folder with one. Default: a small demo model of stories.")
            .build());
    StringBuilder secrets = new StringBuilder();
    for (Setting<?> setting : Setting.all()) {
      String description = setting.description().replace("%", "%%").replace("`", "");
      if (setting.secret()) {
        secrets.append("%n  ").append(setting.name()).append("%n      ").append(description);
        continue;
      }
      OptionSpec.Builder option = OptionSpec.builder(setting.flag());
      if (setting.isSwitch()) {
        option = option.arity("0").type(boolean.class);
      } else {
        option = option.arity("1").type(String.class).paramLabel(label(setting.flag()));
        if (!setting.defaultText().isEmpty()) {
          description += " Default: " + setting.defaultText() + ".";
        }
      }
      spec.addOption(option.description(description + " [" + setting.name() + "]").build());
    }
    spec.usageMessage().footer(join(spec.usageMessage().footer(), secrets.toString()));
    spec.addOption(
        OptionSpec.builder("--new-secret")
            .arity("0")
            .type(boolean.class)
            .description("Print a secret that JWT_SECRET can be set to, and end.")
            .build());
    spec.addOption(
        OptionSpec.builder("--debug")
            .arity("0")
            .type(boolean.class)
            .description("Print the stack trace of an error.")
            .build());
    return spec;
  }

  private static String[] join(String[] footer, String secrets) {
    String[] all = Arrays.copyOf(footer, footer.length + 1);
    all[footer.length] = secrets.replaceFirst("%n", "");
    return all;
  }

  private static String label(String flag) {
    return flag.substring(flag.lastIndexOf('-') + 1).toUpperCase(Locale.ROOT);
  }

  private static int run(ParseResult parsed, Map<String, String> environment) {
    CommandLine line = parsed.commandSpec().commandLine();
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    if (parsed.hasMatchedOption("--new-secret")) {
      line.getOut().println(newSecret());
      return CommandLine.ExitCode.OK;
    }
    try {
      GatewaySettings settings = settings(parsed, environment);
      setLogLevel(settings);
      return serve(settings, line.getOut());
    } catch (IllegalArgumentException | StoreException e) {
      throw new ParameterException(line, e.getMessage(), e);
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw new CommandLine.ExecutionException(line, e.getMessage(), e);
    }
  }

  static String newSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Flags come before the environment. */
  static GatewaySettings settings(ParseResult parsed, Map<String, String> environment) {
    GatewaySettings.Builder builder = GatewaySettings.builder();
    if (parsed.hasMatchedPositional(0)) {
      builder.parse(Setting.MODEL_PATH, "MODEL", parsed.matchedPositionalValue(0, ""));
    }
    for (Setting<?> setting : Setting.all()) {
      if (!setting.secret() && parsed.hasMatchedOption(setting.flag())) {
        Object value = parsed.matchedOptionValue(setting.flag(), "");
        builder.parse(setting, setting.flag(), value.toString());
      }
    }
    return builder.environment(environment).build();
  }

  /** Logback takes names that it does not know for DEBUG, so they become those that it knows. */
  private static void setLogLevel(GatewaySettings settings) {
    String level =
        switch (settings.get(Setting.LOG_LEVEL)) {
          case "WARNING" -> "WARN";
          // There is nothing above an error.
          case "CRITICAL" -> "ERROR";
          case String other -> other;
        };
    System.setProperty("tmac.log.level", level);
  }

  private static int serve(GatewaySettings settings, PrintWriter out)
      throws IOException, InterruptedException {
    Gateway gateway = start(settings);
    CountDownLatch stopped = new CountDownLatch(1);
    stopOnSignal(gateway, settings.get(Setting.DRAIN), stopped);
    gateway
        .newAdminKey()
        .ifPresent(key -> out.println("administrator's key, shown this once: " + key));
    String scheme = settings.find(Setting.TLS_KEYSTORE).isPresent() ? "https" : "http";
    out.println(
        "listening on " + scheme + "://" + host(settings) + ":" + gateway.address().getPort());
    gateway.socketPort().ifPresent(port -> out.println("WebSocket on port " + port));
    out.flush();
    try {
      gateway.awaitReady();
    } catch (IOException | RuntimeException e) {
      gateway.close();
      throw e;
    }
    out.println("ready");
    out.flush();
    stopped.await();
    return CommandLine.ExitCode.OK;
  }

  /** SIGTERM and Ctrl-C let running calls come to their end. */
  static void stopOnSignal(Gateway gateway, Duration patience, CountDownLatch stopped) {
    Thread stop =
        Thread.ofPlatform()
            .name("tmac-gateway-stop")
            .unstarted(() -> {
              try {
                gateway.drain(patience);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                gateway.close();
                stopped.countDown();
              }
            });
    Runtime.getRuntime().addShutdownHook(stop);
  }

  private static String host(GatewaySettings settings) {
    String host = settings.get(Setting.HOST);
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }

  private static Gateway start(GatewaySettings settings) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(settings.get(Setting.HOST), settings.get(Setting.PORT));
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(
          "cannot listen on " + settings.get(Setting.HOST) + ": there is no such host");
    }
    Gateway.Builder builder = Gateway.builder().settings(settings);
    if (settings.find(Setting.MODEL_PATH).isEmpty() && settings.find(Setting.MODELS).isEmpty()) {
      // No static logger: the first one fixes the level, which a setting names.
      LoggerFactory.getLogger(Main.class)
          .warn(
              "MODEL_PATH is not set: serving the built-in demo model {}, which only continues"
                  + " simple stories",
              DemoModel.NAME);
      builder.demoModel();
    }
    try {
      return builder.start();
    } catch (BindException e) {
      throw new IOException(
          "cannot listen on "
              + host(settings)
              + ":"
              + settings.get(Setting.PORT)
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
