package io.tmac.quant.cli;

import java.nio.file.Path;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The arguments of a command that reads one model and writes another. */
final class RewriteArguments {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "A model file, or a folder that holds exactly one.")
  private Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write.")
  private Path out;

  private OptionalInt threads = OptionalInt.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads, at least 1. Default: the physical cores.")
  void setThreads(int threads) {
    if (threads < 1) {
      throw new ParameterException(
          command.commandLine(), "--threads must be at least 1: " + threads);
    }
    this.threads = OptionalInt.of(threads);
  }

  @Option(names = "--quiet", description = "Show no progress.")
  private boolean quiet;

  Path in() {
    return in;
  }

  Path out() {
    return out;
  }

  OptionalInt threads() {
    return threads;
  }

  ProgressLine progress(Streams streams) {
    return ProgressLine.of(streams, quiet);
  }
}
