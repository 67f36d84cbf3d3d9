package io.tmac.examples;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** Runs the program in this JVM. */
final class Console {

  /**
   * What a run has left.
   *
   * @param status the exit status
   * @param out standard output
   * @param err standard error
   */
  record Result(int status, String out, String err) {}

  private Console() {}

  /** Runs the program with these arguments, as their {@code toString} gives them. */
  static Result run(Object... args) {
    return runWithInput("", args);
  }

  static Result runWithInput(String input, Object... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Stream.of(args).map(Object::toString).toArray(String[]::new),
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            // Output is UTF-8 even if the stream it goes to was made for something else.
            new PrintStream(out, false, StandardCharsets.US_ASCII),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Result(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
