package io.tmac.quant.cli;

import io.tmac.quant.encode.FileClash;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Outputs that would take the place of what is read. */
final class Clash {

  private Clash() {}

  /**
   * Refuses an output that is an input.
   *
   * @param label how the help calls the output
   * @param what what the input is, with a space behind it; "" to say no more than its name
   * @throws ParameterException if they are the same file
   */
  static void refuse(CommandSpec command, String label, Path out, String what, Path input)
      throws IOException {
    if (FileClash.between(out, input)) {
      throw new ParameterException(
          command.commandLine(),
          label + " would overwrite " + what + input + ": name another file");
    }
  }
}
