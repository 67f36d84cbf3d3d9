package io.tmac.gateway.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program in a JVM of its own, so that it can be killed. */
public final class Child implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final Path errors;

  private Child(Process process, Path errors) {
    this.process = process;
    this.out = process.inputReader();
    this.errors = errors;
  }

  /**
   * Starts a runnable jar.
   *
   * @param environment all it sees of the environment
   * @param errors takes what it writes to stderr
   */
  public static Child startJar(
      Path jar, Map<String, String> environment, Path errors, String... arguments)
      throws IOException {
    return start(List.of("-jar", jar.toString()), environment, errors, arguments);
  }

  /**
   * Starts a program with the class path of this JVM and the logging of the runnable jar.
   *
   * @param environment all it sees of the environment
   * @param errors takes what it writes to stderr
   */
  public static Child start(
      Class<?> program, Map<String, String> environment, Path errors, String... arguments)
      throws IOException {
    List<String> what =
        List.of(
            "-Dlogback.configurationFile=src/shade/logback.xml",
            "-cp",
            System.getProperty("java.class.path"),
            program.getName());
    return start(what, environment, errors, arguments);
  }

  private static Child start(
      List<String> what, Map<String, String> environment, Path errors, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--add-modules",
                "jdk.incubator.vector"));
    command.addAll(what);
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Child(builder.redirectError(errors.toFile()).start(), errors);
  }

  /** Returns the next line of stdout, or null at its end. */
  public String line() throws IOException {
    return out.readLine();
  }

  /** Returns the rest of a line that begins in a way, skipping others. */
  public String lineAfter(String start) throws IOException {
    String line;
    while ((line = line()) != null) {
      if (line.startsWith(start)) {
        return line.substring(start.length());
      }
    }
    throw new AssertionError("no line begins with " + start + "; stderr: " + errors());
  }

  /** Returns what it wrote to stderr, without the JVM's own warnings. */
  public String errors() throws IOException {
    return String.join(
        "\n",
        Files.readAllLines(errors).stream().filter(line -> !line.startsWith("WARNING: ")).toList());
  }

  /** Asks it to end, as SIGTERM does. */
  public void terminate() {
    process.destroy();
  }

  /** Ends it at once, as SIGKILL does. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end and returns the exit code. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
