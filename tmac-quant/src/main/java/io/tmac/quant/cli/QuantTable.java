package io.tmac.quant.cli;

import io.tmac.quant.QuantReport;
import io.tmac.quant.TensorQuality;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as a table for people: one line for each kind of tensor. */
final class QuantTable {
  private static final int MAX_NAMES = 8;

  private QuantTable() {}

  static String of(QuantReport report) {
    StringBuilder table = new StringBuilder();
    table.append(row("tensors", "weights", "bytes", "rel. error", "worst", "in"));
    long weights = 0;
    long bytes = 0;
    for (Map.Entry<String, List<TensorQuality>> kind : kinds(report).entrySet()) {
      Sum sum = Sum.of(kind.getValue());
      weights += sum.weights;
      bytes += sum.bytes;
      table.append(
          row(
              kind.getKey(),
              sum.weights,
              sum.bytes,
              number(sum.relativeRmse()),
              number(sum.worst.relativeRmse()),
              sum.worst.name()));
    }
    table.append(row("all", weights, bytes, number(report.relativeRmse()), "", ""));
    fallbacks(report)
        .forEach((what, names) ->
            table.append(
                String.format(
                    Locale.ROOT, "%s: %d matrices: %s\n", what, names.size(), shortened(names))));
    table.append(
        String.format(
            Locale.ROOT,
            "%s: %s, method %s: %d -> %d bytes (%.1f times smaller, %.2f bits per weight), %.1f"
                + " s\n",
            report.output(),
            report.format().id(),
            report.method().id(),
            report.inputBytes(),
            report.outputBytes(),
            (double) report.inputBytes() / report.outputBytes(),
            8.0 * bytes / weights,
            report.seconds()));
    return table.toString();
  }

  /** The tensors whose columns do not fit the format, by what they are instead. */
  private static Map<String, List<String>> fallbacks(QuantReport report) {
    Map<String, List<String>> fallbacks = new LinkedHashMap<>();
    for (TensorQuality tensor : report.tensors()) {
      if (tensor.fallback()) {
        String what = tensor.type() + " as " + tensor.cols() + " columns do not fit";
        fallbacks.computeIfAbsent(what, key -> new ArrayList<>()).add(tensor.name());
      }
    }
    return fallbacks;
  }

  private static String shortened(List<String> names) {
    return names.size() <= MAX_NAMES
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MAX_NAMES)) + ", ...";
  }

  /** The tensors by kind: {@code wq} for {@code layers.0.wq} and so on. */
  private static Map<String, List<TensorQuality>> kinds(QuantReport report) {
    Map<String, List<TensorQuality>> kinds = new LinkedHashMap<>();
    for (TensorQuality tensor : report.tensors()) {
      String kind = tensor.name().substring(tensor.name().lastIndexOf('.') + 1);
      kinds.computeIfAbsent(kind, name -> new ArrayList<>()).add(tensor);
    }
    return kinds;
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "none" : String.format(Locale.ROOT, "%.4f", value);
  }

  private static String row(
      String tensors, Object weights, Object bytes, String error, String worst, String in) {
    String line =
        String.format(
            Locale.ROOT,
            "%-16s %14s %14s %12s %12s  %s",
            tensors,
            weights,
            bytes,
            error,
            worst,
            in);
    return line.stripTrailing() + "\n";
  }

  /** Several tensors together. */
  private static final class Sum {
    private long weights;
    private long bytes;
    private double error;
    private double square;
    private TensorQuality worst;

    static Sum of(List<TensorQuality> tensors) {
      Sum sum = new Sum();
      tensors.forEach(sum::add);
      return sum;
    }

    private void add(TensorQuality tensor) {
      weights += tensor.elements();
      bytes += tensor.bytes();
      error += tensor.mse() * tensor.elements();
      square += tensor.meanSquare() * tensor.elements();
      if (worst == null || tensor.relativeRmse() > worst.relativeRmse()) {
        worst = tensor;
      }
    }

    double relativeRmse() {
      return error == 0 ? 0 : Math.sqrt(error / square);
    }
  }
}
