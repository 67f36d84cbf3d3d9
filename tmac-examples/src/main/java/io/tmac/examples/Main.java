package io.tmac.examples;

import io.tmac.quant.cli.Program;
import io.tmac.quant.cli.Streams;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** The command line {@code tmac-examples}; {@code --help} tells its commands. */
@Command(
    name = "tmac-examples",
    description = "Small programs that show the library.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:success", "1:failure; one line on standard error says why", "2:usage error"},
    footer = {
      "",
      "Examples:",
      "  tmac-examples generate",
      "  tmac-examples generate stories15M.tm2 -i 'Once upon a time' -t 0",
      "  tmac-examples generate stories15M.tm2 -i 'Lily and Tom' --max-new 64 -s 42",
      "  tmac-examples chat SmolLM2-135M-Instruct.Q4_1.gguf --system 'Answer in one sentence.'",
      "  tmac-examples generate SmolLM2-135M-Instruct.Q4_1.gguf --chat -i 'Who was Ada Lovelace?'",
      "  tmac-examples bench --shape 110M --format ternary_v2",
      "",
      "-Dtmac.activations=f32 before -jar computes without int8 activations, and",
      "-Dtmac.kernels=scalar with the reference kernels."
    })
public final class Main extends Program {

  private Main() {}

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args a command and its arguments
   */
  public static void main(String[] args) {
    runAndExit(new Main(), args);
  }

  /**
   * Runs the program.
   *
   * @param args a command and its arguments
   * @param in standard input
   * @param out standard output
   * @param err standard error
   * @return the exit status: 0 for success, 2 for a usage error, 1 for any other
   */
  public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
    return new Main().run(args, new Streams(in, out, err));
  }

  @Override
  protected List<Callable<Integer>> commands(Streams streams) {
    return List.of(
        new GenerateCommand(streams),
        new ChatCommand(streams),
        new BenchCommand(streams),
        new EmbedCommand(streams));
  }
}
