package io.tmac.quant.cli;

import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a program reads and writes. Text goes out as UTF-8, whatever the locale says.
 *
 * @param in standard input
 * @param out standard output; carries the output alone
 * @param err standard error; errors, notes and statistics
 */
public record Streams(InputStream in, PrintStream out, PrintStream err) {

  /**
   * The streams of this process. Output is buffered.
   *
   * @return the streams
   */
  public static Streams ofProcess() {
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
            false,
            StandardCharsets.UTF_8);
    return new Streams(System.in, out, System.err);
  }

  /**
   * Prints text to standard output.
   *
   * @param text the text
   */
  public void print(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
  }

  /**
   * Prints a line to standard output. It ends with a line feed on all platforms.
   *
   * @param line the line
   */
  public void println(String line) {
    print(line + "\n");
  }

  /**
   * Whether somebody may be watching: standard error is that of this process, which was started
   * from a terminal and writes to it.
   *
   * @return false also where that is not known
   */
  @SuppressWarnings({"ReferenceEquality", "SystemConsoleNull"}) // It is null in a pipe.
  public boolean onTerminal() {
    Console console = System.console();
    return err == System.err && console != null && console.isTerminal();
  }

  /**
   * Hands on what has been printed.
   *
   * @return false if nobody takes it: the pipe is closed or the disk is full
   */
  public boolean flush() {
    return !out.checkError();
  }
}
