package io.tmac.examples;

import io.tmac.GenerationRequest;
import io.tmac.sampling.SamplingOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The arguments that say how tokens are chosen. */
final class SamplingArguments {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-t", "--temperature"},
      defaultValue = "1.0",
      paramLabel = "T",
      description = "Temperature; 0 always takes the most likely token. Default: ${DEFAULT-VALUE}.")
  private float temperature;

  @Option(
      names = {"-p", "--top-p"},
      defaultValue = "0.9",
      paramLabel = "P",
      description =
          "Choose among the most likely tokens that together have this probability; 1 is off."
              + " Default: ${DEFAULT-VALUE}.")
  private float topP;

  @Option(
      names = {"-k", "--top-k"},
      defaultValue = "0",
      paramLabel = "K",
      description = "Choose among the K most likely tokens; 0 is off. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--min-p",
      defaultValue = "0",
      paramLabel = "P",
      description =
          "Leave out tokens less likely than this share of the most likely one; 0 is off. Default:"
              + " ${DEFAULT-VALUE}.")
  private float minP;

  @Option(
      names = "--repeat-penalty",
      defaultValue = "1",
      paramLabel = "R",
      description =
          "Make the last 64 tokens less likely to come again; 1 is off. Default: ${DEFAULT-VALUE}.")
  private float repeatPenalty;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "SEED",
      description = "The same seed gives the same text. Default: random.")
  private Long seed;

  /** Throws a usage error if a value is outside its range. */
  void check() {
    options();
  }

  /**
   * Sets the options of a request.
   *
   * @param turn how many requests came before; each has a seed of its own
   */
  void apply(GenerationRequest request, int turn) {
    request.sampling(options());
    if (seed != null) {
      request.seed(seed + turn);
    }
  }

  private SamplingOptions options() {
    try {
      return SamplingOptions.DEFAULT
          .withTemperature(temperature)
          .withTopP(topP)
          .withTopK(topK)
          .withMinP(minP)
          .withRepetitionPenalty(repeatPenalty);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }
}
