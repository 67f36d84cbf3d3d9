package io.tmac.peers;

import io.tmac.peers.Engine.Pass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One engine in a JVM of its own. The first pass is timed from the start of the process; more of
 * them warm up, and those that follow are the measurement.
 *
 * @param firstTokenSeconds from the start of the process to the first token after the prompt,
 *     loading included
 * @param prefill tokens per second, the median of the passes
 * @param decode tokens per second, the median of the passes
 */
record Trial(double firstTokenSeconds, double prefill, double decode) {
  static final int PROMPT_TOKENS = 128;
  static final int NEW_TOKENS = 64;
  private static final int WARM_UPS = 5;
  private static final int PASSES = 3;
  private static final int MINUTES_ALLOWED = 5;
  private static final String RESULT = "trial ";

  /** Runs a trial in a new JVM; what it prints on standard error goes to the log. */
  static Trial start(Contender contender, Path model, int threads, Path log)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(contender.flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Trial.class.getName()));
    command.addAll(List.of(contender.name(), model.toString(), Integer.toString(threads)));
    command.add(Long.toString(System.currentTimeMillis()));
    Process process =
        new ProcessBuilder(command).redirectError(Files.createFile(log).toFile()).start();
    CompletableFuture.delayedExecutor(MINUTES_ALLOWED, TimeUnit.MINUTES)
        .execute(process::destroyForcibly);
    List<String> lines = process.inputReader().readAllLines();
    int exit = process.waitFor();
    return lines.stream()
        .filter(line -> line.startsWith(RESULT))
        .map(Trial::parse)
        .findFirst()
        .orElseThrow(() -> new IOException("ended with status " + exit + ", see " + log));
  }

  /** Runs in the new JVM. */
  public static void main(String[] args) throws IOException {
    Contender contender = Contender.valueOf(args[0]);
    long startMillis = Long.parseLong(args[3]);
    Engine engine = contender.open(Path.of(args[1]), Integer.parseInt(args[2]));
    long loaded = System.currentTimeMillis();
    Pass first = engine.run(PROMPT_TOKENS, NEW_TOKENS);
    for (int i = 0; i < WARM_UPS; i++) {
      engine.run(PROMPT_TOKENS, NEW_TOKENS);
    }
    double[] prefill = new double[PASSES];
    double[] decode = new double[PASSES];
    for (int i = 0; i < PASSES; i++) {
      Pass pass = engine.run(PROMPT_TOKENS, NEW_TOKENS);
      prefill[i] = PROMPT_TOKENS * 1e9 / pass.promptNanos();
      decode[i] = NEW_TOKENS * 1e9 / pass.decodeNanos();
    }
    double firstToken = (loaded - startMillis) / 1e3 + first.promptNanos() / 1e9;
    System.out.println(
        RESULT + firstToken + " " + Report.median(prefill) + " " + Report.median(decode));
    // Not a mere return: a thread of java-llama.cpp 4.2.0 outlives its model and keeps the JVM.
    System.exit(0);
  }

  private static Trial parse(String line) {
    String[] figures = line.substring(RESULT.length()).split(" ");
    return new Trial(
        Double.parseDouble(figures[0]),
        Double.parseDouble(figures[1]),
        Double.parseDouble(figures[2]));
  }
}
