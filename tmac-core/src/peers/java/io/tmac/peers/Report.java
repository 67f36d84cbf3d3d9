package io.tmac.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** The trials of all contenders, as a table and as JSON. */
final class Report {
  private static final String ROW = "| %-22s | %12s | %11s | %13s | %12s | %14s |%n";

  private final Map<Contender, List<Trial>> trials;

  /** Ratios are those of medians over the rounds. */
  Report(Map<Contender, List<Trial>> trials) {
    this.trials = trials;
  }

  String table() {
    StringBuilder table = new StringBuilder();
    row(
        table,
        "engine",
        "prefill, t/s",
        "decode, t/s",
        "prefill ratio",
        "decode ratio",
        "first token, s");
    row(table, "---", "---", "---", "---", "---", "---");
    trials
        .keySet()
        .forEach(contender -> {
          row(
              table,
              contender.label,
              number("%.0f", median(contender, Trial::prefill)),
              number("%.0f", median(contender, Trial::decode)),
              number("%.2f", ratio(contender, Trial::prefill)),
              number("%.2f", ratio(contender, Trial::decode)),
              number("%.2f", median(contender, Trial::firstTokenSeconds)));
        });
    return table.toString();
  }

  void writeJson(Path file, int threads) throws IOException {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("cpu", cpu());
    report.put("java", Runtime.version().toString());
    report.put("threads", threads);
    report.put("promptTokens", Trial.PROMPT_TOKENS);
    report.put("newTokens", Trial.NEW_TOKENS);
    List<Map<String, Object>> contenders = new ArrayList<>();
    trials.forEach((contender, rounds) -> {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("engine", contender.label);
      entry.put("weights", contender.weights.label);
      entry.put("reference", contender.reference().label);
      entry.put("prefill", median(contender, Trial::prefill));
      entry.put("prefillRatio", ratio(contender, Trial::prefill));
      entry.put("decode", median(contender, Trial::decode));
      entry.put("decodeRatio", ratio(contender, Trial::decode));
      entry.put("firstTokenSeconds", median(contender, Trial::firstTokenSeconds));
      entry.put("rounds", rounds);
      contenders.add(entry);
    });
    report.put("contenders", contenders);
    JsonMapper mapper = JsonMapper.builder().build();
    Files.writeString(file, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The name of the processor where the system tells it. */
  static String cpu() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(info)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    }
  }

  private double median(Contender contender, ToDoubleFunction<Trial> figure) {
    List<Trial> rounds = trials.getOrDefault(contender, List.of());
    return rounds.isEmpty() ? Double.NaN : median(rounds.stream().mapToDouble(figure).toArray());
  }

  private double ratio(Contender contender, ToDoubleFunction<Trial> figure) {
    return median(contender, figure) / median(contender.reference(), figure);
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  private static void row(StringBuilder table, Object... cells) {
    table.append(String.format(Locale.ROOT, ROW, cells));
  }
}
