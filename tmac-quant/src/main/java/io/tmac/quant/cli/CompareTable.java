package io.tmac.quant.cli;

import io.tmac.quant.Divergence;
import io.tmac.quant.Evaluation;
import io.tmac.quant.KindErrors;
import io.tmac.quant.ModelSize;
import io.tmac.quant.Spread;
import io.tmac.quant.TensorError;
import io.tmac.quant.TensorInfo;
import io.tmac.quant.Windows;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** The tables of {@code compare}, made for 100 columns. */
final class CompareTable {
  private static final int NAME_WIDTH = 24;
  private static final String NAME = "%-" + NAME_WIDTH + "s";

  private final Streams streams;
  private final boolean tensors;

  /**
   * Creates a printer.
   *
   * @param streams where to print
   * @param tensors whether each tensor has a line, instead of each kind
   */
  CompareTable(Streams streams, boolean tensors) {
    this.streams = streams;
    this.tensors = tensors;
  }

  /** Prints all tables; {@code text} is null if there is none. */
  void print(ModelSize reference, List<ModelReport> models, Path text, Windows windows) {
    sizes(reference, models);
    models
        .getFirst()
        .divergence()
        .ifPresent(first -> {
          line("");
          predictions(reference, models, first.reference(), text, windows);
        });
    for (ModelReport model : models) {
      line("");
      line("weights of " + name(model.size()) + " against " + name(reference));
      if (tensors) {
        tensors(model.errors());
      } else {
        kinds(KindErrors.of(model.errors()));
      }
      shared(model.errors());
    }
  }

  private void sizes(ModelSize reference, List<ModelReport> models) {
    Row row = new Row(NAME + "  %-11s  %-10s  %14s  %7s  %8s  %8s");
    Row spans = new Row(NAME + "  %-11s  %-10s  %14s  %7s  %18s");
    line(spans, "", "", "", "", "times", "bits per weight");
    line(row, "size", "format", "type", "bytes", "smaller", "file", "matrices");
    size(row, reference, reference);
    models.forEach(model -> size(row, model.size(), reference));
  }

  private void size(Row row, ModelSize size, ModelSize reference) {
    line(
        row,
        name(size),
        size.format(),
        size.type(),
        size.fileBytes(),
        number("%.2f", size.ratio(reference)),
        number("%.3f", size.fileBits()),
        number("%.3f", size.matrixBits()));
  }

  private void predictions(
      ModelSize reference,
      List<ModelReport> models,
      Evaluation evaluation,
      Path text,
      Windows windows) {
    line(
        "text "
            + text.getFileName()
            + ": "
            + evaluation.tokens()
            + " tokens, "
            + evaluation.predicted()
            + " predicted, windows of "
            + windows.size()
            + (windows.stride() == Windows.NO_OVERLAP
                ? ""
                : " every " + windows.stride() + " tokens"));
    Row row = new Row(NAME + "  %8s  %8s  %9s  %7s  %7s  %7s  %7s  %6s");
    String kl = "KL from the reference, nats";
    Row spans = new Row(NAME + "  %8s  %8s  %9s  %34s  %6s");
    line(spans, "", "mean NLL", "", "perple-", kl, "same");
    line(row, "prediction", "nats", "change", "xity", "mean", "median", "99 %", "max", "top");
    line(row, name(reference), nats(evaluation), "", perplexity(evaluation), "", "", "", "", "");
    for (ModelReport model : models) {
      Divergence divergence = model.divergence().orElseThrow();
      Spread spread = divergence.kl();
      line(
          row,
          name(model.size()),
          nats(divergence.model()),
          number("%+.4f", divergence.nllDifference()),
          perplexity(divergence.model()),
          number("%.4f", spread.mean()),
          number("%.4f", spread.median()),
          number("%.4f", spread.p99()),
          number("%.4f", spread.max()),
          number("%.2f", 100 * divergence.topAgreement()) + "%");
    }
  }

  private void kinds(List<KindErrors> kinds) {
    Row row = new Row("%-14s  %7s  %8s  %8s  %8s  %8s  %8s  %8s  %8s");
    Row spans = new Row("%-14s  %7s  %18s  %8s  %18s  %18s");
    line(spans, "", "", "relative error", "in", "SQNR, dB", "cosine");
    line(row, "kind", "tensors", "mean", "worst", "layer", "mean", "worst", "mean", "least");
    for (KindErrors kind : kinds) {
      TensorError worst = kind.worst();
      OptionalInt layer = worst.reference().layer();
      line(
          row,
          kind.kind(),
          kind.tensors(),
          percent(kind.relativeError()),
          percent(worst.relativeError()),
          layer.isPresent() ? layer.getAsInt() : "",
          decibels(kind.sqnr()),
          decibels(worst.sqnr()),
          number("%.5f", kind.cosine()),
          number("%.5f", kind.minCosine()));
    }
  }

  private void tensors(List<TensorError> errors) {
    Row row = new Row("%-24s  %-16s  %11s  %7s  %8s  %6s  %7s  %7s");
    line(row, "", "", "", "", "relative", "SQNR", "", "largest");
    line(row, "tensor", "types", "rows x cols", "MSE", "error", "dB", "cosine", "error");
    for (TensorError error : errors) {
      TensorInfo reference = error.reference();
      line(
          row,
          error.name(),
          reference.type() + " " + error.model().type(),
          reference.rows() + " x " + reference.cols(),
          number("%.1e", error.mse()),
          percent(error.relativeError()),
          decibels(error.sqnr()),
          number("%.5f", error.cosine()),
          number("%.1e", error.maxError()));
    }
  }

  /** Says which tensors of different names have been compared. */
  private void shared(List<TensorError> errors) {
    for (TensorError error : errors) {
      if (error.sharedInOneFile()) {
        line(
            error.name()
                + ": "
                + error.reference().name()
                + " of the reference and "
                + error.model().name()
                + " of the model, since one file has no "
                + error.name());
      }
    }
  }

  /** The name of a file, cut at the front if it is too long for its column. */
  private static String name(ModelSize size) {
    String name = Path.of(size.source()).getFileName().toString();
    return name.length() <= NAME_WIDTH
        ? name
        : "..." + name.substring(name.length() - NAME_WIDTH + 3);
  }

  private static String nats(Evaluation evaluation) {
    return number("%.4f", evaluation.meanNll());
  }

  private static String perplexity(Evaluation evaluation) {
    double perplexity = evaluation.perplexity();
    return number(perplexity < 10000 ? "%.4f" : "%.2e", perplexity);
  }

  private static String percent(double share) {
    return number("%.2f", 100 * share) + "%";
  }

  private static String decibels(double sqnr) {
    return sqnr == Double.POSITIVE_INFINITY ? "exact" : number("%.2f", sqnr);
  }

  private static String number(String format, double value) {
    return Double.isFinite(value)
        ? String.format(Locale.ROOT, format, value)
        : Double.toString(value);
  }

  private void line(Row row, Object... values) {
    line(row.of(values));
  }

  private void line(String text) {
    streams.println(text);
  }

  /** A line of columns, as {@link String#format} takes it. */
  private record Row(String format) {

    String of(Object... values) {
      return String.format(Locale.ROOT, format, values).stripTrailing();
    }
  }
}
