package io.tmac.gateway;

import io.tmac.Model;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line: {@code java -jar tmac-gateway.jar MODEL [--host HOST] [--port N]}. */
@Command(
    name = "tmac-gateway",
    mixinStandardHelpOptions = true,
    description = "Answers the probes /live, /ready and /health for a loaded model.")
public final class Main implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
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

  private Main() {}

  /**
   * Runs the command line and exits: 0 after a normal end, 2 for wrong usage, 1 for other errors.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setExecutionExceptionHandler((e, command, result) -> {
      command.getErr().println("error: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    });
    System.exit(commandLine.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("--port must be 0 to 65535: " + port);
    }
    try (Model loaded = Model.load(model);
        Gateway gateway = Gateway.start(loaded, new InetSocketAddress(host, port))) {
      System.out.println("listening on http://" + host + ":" + gateway.address().getPort());
      new CountDownLatch(1).await();
    }
    return CommandLine.ExitCode.OK;
  }
}
