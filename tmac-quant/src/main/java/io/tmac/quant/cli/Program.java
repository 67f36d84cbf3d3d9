package io.tmac.quant.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * A program of several commands. It ends with status 0 for success, 2 for a usage error, and 1 with
 * one line {@code error: ...} on standard error for any other.
 */
public abstract class Program {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int WIDTH = 100;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of an error.")
  private boolean debug;

  /** Creates a program. */
  protected Program() {}

  /**
   * Makes the commands.
   *
   * @param streams where they read and write
   * @return objects with the annotations of picocli
   */
  protected abstract List<Callable<Integer>> commands(Streams streams);

  /**
   * Runs the program on the streams of this process, then ends the JVM.
   *
   * @param program the program
   * @param args the arguments
   */
  public static void runAndExit(Program program, String[] args) {
    System.exit(program.run(Arguments.repaired(args), Streams.ofProcess()));
  }

  /**
   * Runs the program.
   *
   * @param args the arguments
   * @param streams where it reads and writes
   * @return the exit status
   */
  public final int run(String[] args, Streams streams) {
    int status;
    try {
      status = commandLine(streams).execute(expanded(args));
    } catch (IOException e) {
      status = fail(e, streams.err());
    } catch (Error e) { // picocli passes them on
      status = fail(e, streams.err());
    }
    if (!streams.flush() && status == 0) {
      streams.err().println("error: standard output takes no more: closed pipe or full disk");
      status = FAILED;
    }
    streams.err().flush();
    return status;
  }

  /**
   * Replaces arguments that stand for others.
   *
   * @param args the arguments
   * @return what is to be read instead; the same unless a program says otherwise
   * @throws IOException if a file of arguments cannot be read
   */
  protected String[] expanded(String[] args) throws IOException {
    return args;
  }

  private CommandLine commandLine(Streams streams) {
    CommandLine root = new CommandLine(this);
    commands(streams).forEach(root::addSubcommand);
    describe(root);
    root.getSubcommands().values().forEach(Program::describe);
    return root.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8))
        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
        .setUsageHelpWidth(WIDTH)
        // The text of a prompt is the user's: no @files in it, and it may begin with a dash.
        .setExpandAtFiles(false)
        .setAllowOptionsAsOptionParameters(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, args) -> misused(e, streams.err()))
        .setExecutionExceptionHandler((e, command, result) -> fail(e, streams.err()));
  }

  private static void describe(CommandLine command) {
    command.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
  }

  private static int misused(ParameterException e, PrintStream err) {
    CommandLine command = e.getCommandLine();
    err.println("error: " + oneLine(e.getMessage()));
    if (e instanceof MissingParameterException missing) {
      for (ArgSpec arg : missing.getMissing()) {
        err.println("  " + arg.paramLabel() + ": " + String.join(" ", arg.description()));
      }
    }
    err.print(command.getHelp().fullSynopsis());
    err.println("More: " + command.getCommandSpec().qualifiedName() + " --help");
    return USAGE;
  }

  private int fail(Throwable e, PrintStream err) {
    err.println("error: " + oneLine(message(e)));
    if (debug) {
      e.printStackTrace(err);
    }
    return FAILED;
  }

  /** Says what happened. The messages of some exceptions are no more than a file name. */
  private static String message(Throwable e) {
    return switch (e) {
      case NoSuchFileException f when f.getReason() == null -> f.getFile() + ": no such file";
      case AccessDeniedException f when f.getReason() == null -> f.getFile() + ": access denied";
      case FileSystemException f when f.getReason() == null -> f.getFile() + ": cannot be used";
      case OutOfMemoryError o -> "out of memory (" + o.getMessage() + "); java -Xmx gives more";
      case ExceptionInInitializerError i when i.getCause() != null -> message(i.getCause());
      default -> e.getMessage() != null ? e.getMessage() : e.getClass().getSimpleName();
    };
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /** The version that the jar's manifest names. */
  private static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = Program.class.getPackage().getImplementationVersion();
      return new String[] {
        "${ROOT-COMMAND-NAME} "
            + (version != null ? version : "development build")
            + ", Java "
            + Runtime.version()
      };
    }
  }
}
