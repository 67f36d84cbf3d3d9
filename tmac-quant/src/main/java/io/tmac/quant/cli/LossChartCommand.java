package io.tmac.quant.cli;

import io.tmac.TmacException;
import io.tmac.quant.LossChart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws the losses of training runs. */
@Command(
    name = "loss-chart",
    description = {
      "Draws the losses of training runs as a PNG picture.",
      "Of each log, the validation losses are drawn if it has any, else those of the steps."
    },
    footerHeading = "%nExample:%n",
    footer = "  tmac-quant loss-chart ternary=a.log floats=b.log -o loss.png --level original=1.5")
final class LossChartCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME=LOG",
      description = "A curve: its name, and the log that train --log wrote.")
  private Map<String, Path> logs;

  @Option(
      names = "--level",
      paramLabel = "NAME=LOSS",
      description = "A value to compare with, in nats.")
  private Map<String, Double> levels = Map.of();

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "PNG",
      description = "The picture to write; replaced if it is there.")
  private Path out;

  LossChartCommand() {}

  @Override
  public Integer call() throws IOException {
    List<LossChart.Curve> curves = new ArrayList<>();
    for (Map.Entry<String, Path> log : logs.entrySet()) {
      Clash.refuse(command, "PNG", out, "the log ", log.getValue());
      curves.add(curve(log.getKey(), log.getValue()));
    }
    List<LossChart.Level> lines = new ArrayList<>();
    levels.forEach((name, loss) -> lines.add(new LossChart.Level(name, loss)));
    LossChart.write(curves, lines, out);
    return 0;
  }

  private static LossChart.Curve curve(String name, Path log) throws IOException {
    // A run that was killed wrote the steps behind its last state twice: the last one counts.
    Map<Double, Double> steps = new TreeMap<>();
    Map<Double, Double> validations = new TreeMap<>();
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    for (int i = 0; i < lines.size(); i++) {
      String[] fields = lines.get(i).split("\t", -1);
      try {
        double step = Double.parseDouble(fields[0]);
        steps.put(step, Double.parseDouble(fields[1]));
        if (!fields[2].isEmpty()) {
          validations.put(step, Double.parseDouble(fields[2]));
        }
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new TmacException(
            log
                + ", line "
                + (i + 1)
                + ": expected step, loss and validation loss with tabs, found: "
                + lines.get(i),
            e);
      }
    }
    Map<Double, Double> points = validations.isEmpty() ? steps : validations;
    if (points.isEmpty()) {
      throw new TmacException(log + " has no lines");
    }
    return new LossChart.Curve(
        name,
        points.keySet().stream().mapToDouble(Double::doubleValue).toArray(),
        points.values().stream().mapToDouble(Double::doubleValue).toArray());
  }
}
