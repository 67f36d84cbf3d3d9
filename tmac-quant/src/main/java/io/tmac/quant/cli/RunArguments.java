package io.tmac.quant.cli;

import io.tmac.KvCacheType;
import io.tmac.ModelOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The arguments that say how models run. */
public class RunArguments {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private ModelOptions options = ModelOptions.DEFAULT;

  /** Creates the arguments, to be filled by picocli. */
  public RunArguments() {}

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads, at least 1. Default: the physical cores.")
  void setThreads(int threads) {
    try {
      options = options.withThreads(threads);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage(), e);
    }
  }

  @Option(
      names = "--kv",
      paramLabel = "f32|f16",
      description = "How keys and values are stored; f16 takes half the memory. Default: f32.")
  void setKvCache(KvCacheType type) {
    options = options.withKvCache(type);
  }

  /**
   * What the options of all commands say.
   *
   * @return the options
   */
  protected final ModelOptions commonOptions() {
    return options;
  }
}
