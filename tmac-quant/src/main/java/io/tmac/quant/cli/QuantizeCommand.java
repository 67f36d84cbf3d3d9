package io.tmac.quant.cli;

import io.tmac.quant.QuantFormat;
import io.tmac.quant.QuantMethod;
import io.tmac.quant.QuantReport;
import io.tmac.quant.Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Writes a model with fewer bits per weight. */
@Command(
    name = "quantize",
    description = {
      "Writes a model with fewer bits per weight.",
      "IN has float32 or int8 weights: llama2.c v0, v1, v2 or Q8V1. OUT appears when it is"
          + " complete; an older file of that name is replaced. A weight that is NaN or infinite is"
          + " an error."
    },
    footerHeading = "%nFormats and their methods:%n",
    footer = {
      "  int4        4.5 bits per weight   port, search, gptq",
      "  ternary_v1  2 bits, no scales     port          (for models trained with such weights)",
      "  ternary_v2  2 bits                port, fitted, gptq",
      "",
      "Methods:",
      "  port        byte for byte as the original program's scripts",
      "  fitted      ternary_v2: least squared error of each row",
      "  search      int4: least squared error of each block of 32",
      "  gptq        makes up for errors as a calibration text tells; needs --calibration",
      "  search with --calibration weights errors by the inputs of each column",
      "",
      "Examples:",
      "  tmac-quant quantize stories15M.bin stories15M.q4 --format int4",
      "  tmac-quant quantize stories15M.bin stories15M.tm2 --format ternary_v2 --method fitted",
      "  tmac-quant quantize model.bin model.tm2 --format ternary_v2 --method gptq \\",
      "      --calibration stories.txt -z tokenizer.bin"
    })
final class QuantizeCommand implements Callable<Integer> {
  private static final String REPORT_SUFFIX = ".quality.json";

  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private RewriteArguments files;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "F",
      converter = FormatConverter.class,
      description = "int4, ternary_v1 or ternary_v2.")
  private QuantFormat format;

  @Option(
      names = "--method",
      defaultValue = "port",
      paramLabel = "M",
      converter = MethodConverter.class,
      description = "port, fitted, search or gptq; see below. Default: ${DEFAULT-VALUE}.")
  private QuantMethod method;

  @Option(
      names = "--calibration",
      paramLabel = "TEXT",
      description = "A file of UTF-8 text of the kind that the model will be used for.")
  private Path calibration;

  @Option(
      names = "--calibration-tokens",
      paramLabel = "N",
      description =
          "Tokens of the calibration text that are used, at least 2. Default: ${DEFAULT-VALUE}.")
  private int calibrationTokens = Quantizer.DEFAULT_CALIBRATION_TOKENS;

  @Option(
      names = "--passes",
      paramLabel = "N",
      description =
          "How often gptq rounds the model; more than once helps where the embedding is the"
              + " classifier. Default: ${DEFAULT-VALUE}.")
  private int passes = Quantizer.DEFAULT_PASSES;

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description = "The tokenizer for the calibration text. Default: the one beside the model.")
  private Path tokenizer;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = {
        "Write the quality of each tensor to this file as JSON.",
        "Default: OUT" + REPORT_SUFFIX + ", but none for method port."
      })
  private Path report;

  @Option(
      names = "--json",
      description = "Print the report as one JSON document. null is NaN or infinite.")
  private boolean json;

  QuantizeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Path reportFile = reportFile();
    QuantReport written;
    try (ProgressLine progress = files.progress(streams)) {
      written = quantizer().progress(progress).write(files.out());
    }
    if (reportFile != null) {
      written.writeJson(reportFile);
    }
    if (json) {
      streams.println(written.toJson());
    } else {
      streams.print(QuantTable.of(written));
      if (reportFile != null) {
        streams.println("quality of each tensor: " + reportFile);
      }
    }
    return 0;
  }

  private Quantizer quantizer() throws IOException {
    if (!format.methods().contains(method)) {
      throw misused(
          "format " + format.id() + " has no method " + method.id() + "; --help lists the pairs");
    }
    if (method == QuantMethod.GPTQ && calibration == null) {
      throw misused("--method gptq needs --calibration TEXT");
    }
    Quantizer quantizer = Quantizer.from(files.in()).format(format).method(method);
    try {
      quantizer = quantizer.calibrationTokens(calibrationTokens).passes(passes);
    } catch (IllegalArgumentException e) {
      throw misused(e.getMessage());
    }
    if (files.threads().isPresent()) {
      quantizer = quantizer.threads(files.threads().getAsInt());
    }
    if (calibration != null) {
      requireFile(calibration);
      quantizer = quantizer.calibration(calibration);
    }
    if (tokenizer != null) {
      requireFile(tokenizer);
      quantizer = quantizer.tokenizer(tokenizer);
    }
    return quantizer;
  }

  /** Where the report goes, or null. It must not take the place of a model, and have a folder. */
  private Path reportFile() throws IOException {
    if (report == null) {
      return method == QuantMethod.PORT ? null : Path.of(files.out() + REPORT_SUFFIX);
    }
    Path absolute = report.toAbsolutePath().normalize();
    for (Path model : new Path[] {files.in(), files.out()}) {
      if (absolute.equals(model.toAbsolutePath().normalize())) {
        throw misused("--report " + report + " is one of the model files");
      }
    }
    Path folder = absolute.getParent();
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "there is no such folder");
    }
    return report;
  }

  private ParameterException misused(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private static void requireFile(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString());
    }
  }

  /** Reads formats by their names. */
  static final class FormatConverter implements ITypeConverter<QuantFormat> {

    @Override
    public QuantFormat convert(String value) {
      try {
        return QuantFormat.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Reads methods by their names. */
  static final class MethodConverter implements ITypeConverter<QuantMethod> {

    @Override
    public QuantMethod convert(String value) {
      try {
        return QuantMethod.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
