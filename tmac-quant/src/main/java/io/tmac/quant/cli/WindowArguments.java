package io.tmac.quant.cli;

import io.tmac.quant.Windows;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The arguments that say how a text is cut into windows. */
final class WindowArguments {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private Integer window;
  private int stride = Windows.NO_OVERLAP;

  @Option(
      names = "--window",
      paramLabel = "W",
      description =
          "Positions of a window, BOS included, at least 2. Default: 512, or the context if that is"
              + " shorter.")
  void setWindow(int size) {
    window = atLeast(2, "--window", size);
  }

  @Option(
      names = "--stride",
      paramLabel = "S",
      description =
          "Text tokens from the start of a window to that of the next, at least 1. Windows then"
              + " overlap, and each token that is scored has at least W - S positions before it,"
              + " but in the first window. Default: no overlap.")
  void setStride(int tokens) {
    stride = atLeast(1, "--stride", tokens);
  }

  /** The windows, of this size unless the arguments say another. */
  Windows windows(int defaultSize) {
    return new Windows(window != null ? window : defaultSize, stride);
  }

  private int atLeast(int least, String name, int value) {
    if (value < least) {
      throw new ParameterException(
          command.commandLine(), name + " must be at least " + least + ": " + value);
    }
    return value;
  }
}
