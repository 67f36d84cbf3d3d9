package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.TmacException;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.kernel.Cores;
import io.tmac.quant.Comparison;
import io.tmac.quant.Divergence;
import io.tmac.quant.ErrorChart;
import io.tmac.quant.Inspection;
import io.tmac.quant.ModelInspector;
import io.tmac.quant.ModelSize;
import io.tmac.quant.Perplexity;
import io.tmac.quant.TensorError;
import io.tmac.quant.TensorErrors;
import io.tmac.quant.Windows;
import io.tmac.quant.encode.FileClash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Holds models against a reference. */
@Command(
    name = "compare",
    description = {
      "Holds quantised models against a reference, usually the same model in float32: their sizes,"
          + " the errors of their weights, and with --text what they predict.",
      "All models must have the reference's shape. The relative error of a matrix is the root mean"
          + " square of its errors, in percent of that of the reference's weights."
    },
    footer = {
      "",
      "--json prints {reference, text, models}. A size is {source, format, type, fileBytes,",
      "parameters, bitsPerWeight, matrixBitsPerWeight}; each of models has one, and",
      "  ratio        how many times smaller it is than the reference",
      "  divergence   with --text: {meanNll, perplexity, nllDifference, kl: {mean, median, p99,"
          + " max},",
      "               topAgreement}; text then is {source, window, stride, tokens, predicted,",
      "               meanNll, perplexity} with the numbers of the reference; else null",
      "  kinds        [{kind, tensors, relativeError, sqnr, cosine, minCosine, worst: {name,",
      "               relativeError, sqnr, cosine}}]; relativeError, sqnr and cosine are means",
      "  tensors      with --tensors: [{name, reference, model, rows, cols, mse, relativeError,",
      "               sqnr, cosine, maxError}], reference and model being {name, type}",
      "null is NaN or infinite: sqnr is null where all weights are equal. Entropies are in nats,",
      "sqnr in dB, errors relative to 1. docs/evaluation.md defines each number."
    })
final class CompareCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private RunArguments run;
  @Mixin private WindowArguments windows;

  @Parameters(
      index = "0",
      paramLabel = "REFERENCE",
      description = "The model to compare with: a file, or a folder that holds exactly one.")
  private Path reference;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "MODEL",
      description = "Models of the same shape.")
  private List<Path> models;

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "A file of UTF-8 text, to compare perplexities and predictions on.")
  private Path text;

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description = "The reference's tokenizer.bin. Default: as with eval.")
  private Path tokenizer;

  @Option(names = "--tensors", description = "Print each tensor's error, not each kind's.")
  private boolean tensors;

  @Option(
      names = "--picture",
      paramLabel = "FILE.png",
      description = "Draw the relative error of each layer, one panel per model.")
  private Path picture;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  CompareCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    checkPicture();
    byte[] utf8 = text != null ? TextFile.read(text) : null;
    Inspection inspected = ModelInspector.inspect(reference);
    List<Inspection> inspections = inspectAll();
    List<List<TensorError>> errors = new ArrayList<>();
    for (Path model : models) {
      errors.add(TensorErrors.measure(reference, model, threads()));
    }
    if (picture != null) {
      draw(inspections, errors);
    }
    Windows cut = windows.windows(window(inspected, inspections));
    List<Divergence> divergences = utf8 != null ? divergences(utf8, cut) : List.of();
    List<ModelReport> reports = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      Optional<Divergence> divergence =
          utf8 != null ? Optional.of(divergences.get(m)) : Optional.empty();
      reports.add(new ModelReport(ModelSize.of(inspections.get(m)), errors.get(m), divergence));
    }
    ModelSize size = ModelSize.of(inspected);
    if (json) {
      Json.print(streams, out -> new CompareJson(out, tensors).write(size, reports, text, cut));
    } else {
      new CompareTable(streams, tensors).print(size, reports, text, cut);
    }
    return 0;
  }

  private void checkPicture() throws IOException {
    if (picture == null) {
      return;
    }
    if (!picture.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new ParameterException(
          command.commandLine(), "--picture draws PNG; the name must end with .png: " + picture);
    }
    List<Path> inputs = new ArrayList<>(models);
    inputs.add(reference);
    inputs.add(text);
    inputs.add(tokenizer);
    for (Path input : inputs) {
      if (input != null && FileClash.between(picture, input)) {
        throw new ParameterException(
            command.commandLine(), "--picture " + picture + " would overwrite " + input);
      }
    }
  }

  /** Looks into all models before the work begins. */
  private List<Inspection> inspectAll() throws IOException {
    List<Path> files = new ArrayList<>();
    List<Inspection> inspections = new ArrayList<>();
    for (Path model : models) {
      Path file = ModelFiles.resolve(model);
      for (Path other : files) {
        if (Files.isSameFile(file, other)) {
          throw new TmacException(file + " is named twice");
        }
      }
      files.add(file);
      inspections.add(ModelInspector.inspect(model));
    }
    return inspections;
  }

  private int threads() {
    int threads = run.commonOptions().threads();
    return threads != 0 ? threads : Cores.usable();
  }

  private void draw(List<Inspection> inspections, List<List<TensorError>> errors)
      throws IOException {
    // The program draws into a file, even where a display is named.
    System.setProperty("java.awt.headless", "true");
    List<ErrorChart.Panel> panels = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      String title =
          "Weight error by layer: "
              + Path.of(inspections.get(m).source()).getFileName()
              + " against "
              + ModelFiles.resolve(reference).getFileName();
      panels.add(new ErrorChart.Panel(title, errors.get(m)));
    }
    ErrorChart.write(panels, picture);
  }

  /** The usual window, which all contexts have room for. */
  private static int window(Inspection reference, List<Inspection> models) {
    int window = Math.min(Perplexity.DEFAULT_WINDOW, reference.config().contextLength());
    for (Inspection model : models) {
      window = Math.min(window, model.config().contextLength());
    }
    return window;
  }

  private List<Divergence> divergences(byte[] utf8, Windows cut) throws IOException {
    List<Divergence> divergences = new ArrayList<>();
    try (Model expected =
        Model.load(reference, TextModelSource.withTokenizer(run.commonOptions(), tokenizer))) {
      TextModelSource.requireTokenizer(expected, reference);
      for (Path path : models) {
        try (Model model = Model.load(path, run.commonOptions().withoutTokenizer())) {
          divergences.add(Comparison.compare(expected, model, utf8, cut));
        }
      }
    }
    return divergences;
  }
}
