package io.tmac.peers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Compares engines: every round starts a JVM for each of them in turn, so that a busy minute of the
 * machine hits all of them.
 */
public final class Peers {

  private Peers() {}

  /**
   * Prints a table after every round, and writes the same to {@code peers.json}.
   *
   * @param args the folder of the models, a folder to work in, the number of rounds, and that of
   *     threads
   * @throws IOException if a file cannot be read or written
   * @throws InterruptedException if the thread is interrupted
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path work = Files.createDirectories(Path.of(args[1]));
    int rounds = Integer.parseInt(args[2]);
    int threads = Integer.parseInt(args[3]);
    Map<Contender, Path> models = models(Path.of(args[0]), work);
    Path logs = Files.createTempDirectory(work, "logs");
    Map<Contender, List<Trial>> trials = new EnumMap<>(Contender.class);
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : models.keySet()) {
        Path log = logs.resolve(contender + "-" + round + ".log");
        try {
          Trial trial = Trial.start(contender, models.get(contender), threads, log);
          trials.computeIfAbsent(contender, c -> new ArrayList<>()).add(trial);
          System.err.println("round " + round + ", " + contender.label + ": " + trial);
        } catch (IOException e) {
          System.err.println("round " + round + ", " + contender.label + ": " + e.getMessage());
        }
      }
      // After every round, so that a run that is cut short has its table too.
      Report report = new Report(trials);
      System.out.println(Report.cpu() + ", " + threads + " threads, rounds: " + round);
      System.out.println(report.table());
      report.writeJson(work.resolve("peers.json"), threads);
    }
  }

  /** Finds the model of each contender; one that has none does not take part. */
  private static Map<Contender, Path> models(Path folder, Path work) throws IOException {
    Map<Contender, Path> models = new EnumMap<>(Contender.class);
    for (Contender contender : Contender.values()) {
      List<Path> found = new ArrayList<>();
      try (DirectoryStream<Path> matches = Files.newDirectoryStream(folder, contender.model)) {
        matches.forEach(found::add);
      }
      if (found.size() != 1) {
        System.err.println(
            contender.label + " is left out: " + found.size() + " models " + contender.model);
        continue;
      }
      Path model = found.getFirst();
      boolean quantize = contender.isJlama() && contender.weights == Weights.FOUR_BIT;
      models.put(contender, quantize ? JlamaEngine.quantize(model, work) : model);
    }
    return models;
  }
}
