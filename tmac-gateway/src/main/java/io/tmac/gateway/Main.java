package io.tmac.gateway;

import io.tmac.Model;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line: {@code java -jar tmac-gateway.jar MODEL [--host HOST] [--port N]}. */
@Command(
    name = "tmac-gateway",
    mixinStandardHelpOptions = true,
    description = "Answers the probes /live, /ready and /health for a loaded model.")
public final class Main implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = "${env:MODEL_PATH}",
      description = "A model file, or a folder with one. Default: the environment's MODEL_PATH.")
  private Path model;

  @Option(
      names = "--host",
      defaultValue = "${env:GATEWAY_HOST:-127.0.0.1}",
      description = "Address to listen on. Default: GATEWAY_HOST, else 127.0.0.1.")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "${env:GATEWAY_PORT:-8080}",
      description = "Port to listen on, 0 for a free one. Default: GATEWAY_PORT, else 8080.")
  private int port;

  @SuppressWarnings("UnusedVariable") // The error handler asks whether it was given.
  @Option(names = "--debug", description = "Print the stack trace of an error.")
  private boolean debug;

  @Spec private CommandSpec command;

  private Main() {}

  /**
   * Runs the command line and exits: 0 after a normal end, 2 for wrong usage, 1 for other errors.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setParameterExceptionHandler((e, arguments) -> {
      e.getCommandLine().getErr().println("error: " + e.getMessage());
      return CommandLine.ExitCode.USAGE;
    });
    commandLine.setExecutionExceptionHandler((e, command, result) -> {
      if (result.hasMatchedOption("--debug")) {
        e.printStackTrace(command.getErr());
      }
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      command.getErr().println("error: " + message.lines().findFirst().orElse(""));
      return CommandLine.ExitCode.SOFTWARE;
    });
    System.exit(commandLine.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (port < 0 || port > 65535) {
      throw new ParameterException(command.commandLine(), "--port must be 0 to 65535: " + port);
    }
    if (model == null) {
      throw new ParameterException(
          command.commandLine(), "name a model file, as MODEL or in MODEL_PATH");
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException("cannot listen on " + host + ": there is no such host");
    }
    try (Model loaded = Model.load(model);
        Gateway gateway = start(loaded, address)) {
      System.out.println("listening on http://" + host + ":" + gateway.address().getPort());
      new CountDownLatch(1).await();
    }
    return CommandLine.ExitCode.OK;
  }

  private static Gateway start(Model model, InetSocketAddress address) throws IOException {
    try {
      return Gateway.start(model, address);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }
}
