package io.tmac.quant;

import io.tmac.quant.cli.Program;
import io.tmac.quant.cli.QuantProgram;
import io.tmac.quant.cli.Streams;
import java.io.InputStream;
import java.io.PrintStream;

/** The command line {@code tmac-quant}; {@code --help} tells its commands. */
public final class Main {

  private Main() {}

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args a command and its arguments
   */
  public static void main(String[] args) {
    Program.runAndExit(new QuantProgram(), args);
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
    return new QuantProgram().run(args, new Streams(in, out, err));
  }
}
