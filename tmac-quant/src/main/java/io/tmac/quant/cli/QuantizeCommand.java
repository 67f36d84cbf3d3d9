package io.tmac.quant.cli;

import io.tmac.quant.QuantFormat;
import io.tmac.quant.QuantMethod;
import io.tmac.quant.QuantReport;
import io.tmac.quant.Quantizer;
import io.tmac.quant.encode.FileClash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a model with fewer bits per weight. */
@Command(
    name = "quantize",
    description = {
      "Writes a model with fewer bits per weight.",
      "IN is a model of llama2.c (v0, v1, v2 or Q8V1), a GGUF file or a Hugging Face folder, its"
          + " weights not ternary yet; the last two go to gguf formats only. OUT appears when it is"
          + " complete; an older file of that name is replaced. A weight that is NaN or infinite is"
          + " an error."
    },
    footerHeading = "%nFormats and their methods:%n",
    footer = {
      "  int4        4.5 bits per weight   port, search, gptq",
      "  ternary_v1  2 bits, no scales     port          (for models trained with such weights)",
      "  ternary_v2  2 bits                port, fitted, gptq",
      "  gguf_q4_0   4.5 bits              port, search, gptq",
      "  gguf_q8_0   8.5 bits              port",
      "  gguf_tq2_0  2.1 bits              port, fitted, gptq",
      "",
      "In GGUF files, matrices whose columns do not fit the format's blocks get another format:",
      "q4_0 instead of tq2_0, f16 instead of q4_0 and q8_0. The report lists them.",
      "",
      "Methods:",
      "  port        byte for byte as the original program's scripts, gguf: as ggml",
      "  fitted      ternary: least squared error of each row, or block of 256",
      "  search      four bits: least squared error of each block of 32",
      "  gptq        makes up for errors as a calibration text tells; needs --calibration",
      "  search with --calibration weights errors by the inputs of each column",
      "",
      "Examples:",
      "  tmac-quant quantize stories15M.bin stories15M.q4 --format int4",
      "  tmac-quant quantize stories15M.bin stories15M.tm2 --format ternary_v2 --method fitted",
      "  tmac-quant quantize model.bin model.tm2 --format ternary_v2 --method gptq \\",
      "      --calibration stories.txt -z tokenizer.bin",
      "  tmac-quant quantize SmolLM2-135M-Instruct model.gguf --format gguf_q4_0 --method search"
    })
final class QuantizeCommand implements Callable<Integer> {
  private static final String REPORT_SUFFIX = ".quality.json";

  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private RewriteArguments files;
  @Mixin private MethodArguments method;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "F",
      converter = MethodArguments.FormatConverter.class,
      description = "int4, ternary_v1, ternary_v2, gguf_q4_0, gguf_q8_0 or gguf_tq2_0.")
  private QuantFormat format;

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description =
          "The model's tokenizer, for the calibration text and for GGUF files. Default: the model's"
              + " own, or the one beside it.")
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
    Quantizer quantizer = method.quantizer(files.in(), format);
    if (files.threads().isPresent()) {
      quantizer = quantizer.threads(files.threads().getAsInt());
    }
    if (tokenizer != null) {
      MethodArguments.requireFile(tokenizer);
      quantizer = quantizer.tokenizer(tokenizer);
    }
    return quantizer;
  }

  /** Where the report goes, or null. It must not take the place of a file that is read. */
  private Path reportFile() throws IOException {
    if (report == null && method.method() == QuantMethod.PORT) {
      return null;
    }
    Path file = report != null ? report : Path.of(files.out() + REPORT_SUFFIX);
    List<Path> others = new ArrayList<>(List.of(files.in(), files.out()));
    others.addAll(method.inputs());
    if (tokenizer != null) {
      others.add(tokenizer);
    }
    for (Path other : others) {
      boolean clash = FileClash.between(file, other);
      // A report of an earlier run may lie in a model's folder.
      if (clash && !(report == null && Files.isDirectory(other))) {
        throw misused(
            "the report " + file + " would overwrite " + other + ": name another with --report");
      }
    }
    if (Files.isDirectory(file)) {
      throw misused("the report " + file + " is a folder: name a file with --report");
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "there is no such folder");
    }
    return file;
  }

  private ParameterException misused(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
