package io.tmac.quant.cli;

import io.tmac.quant.ConvertFormat;
import io.tmac.quant.Converter;
import io.tmac.quant.Inspection;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Writes a model in another container. */
@Command(
    name = "convert",
    description = {
      "Writes a model in another container of float32 or int8 weights.",
      "IN is any model that can be read; weights of few bits become the floats that they mean. OUT"
          + " appears when it is complete; an older file of that name is replaced."
    },
    footerHeading = "%nFormats:%n",
    footer = {
      "  v0    llama2.c version 0: float32, which most tools read",
      "  v1    llama2.c version 1: float32",
      "  v2    llama2.c version 2: int8 in groups of up to 64, as its export.py writes it",
      "  q8v1  Q8V1: int8 in blocks of 32, as the original program's quantize.py writes it",
      "",
      "Examples:",
      "  tmac-quant convert stories15M.tm2 stories15M.bin --to v0",
      "  tmac-quant convert stories15M.bin stories15M.int8.bin --to v2"
    })
final class ConvertCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private RewriteArguments files;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "F",
      converter = FormatConverter.class,
      description = "v0, v1, v2 or q8v1.")
  private ConvertFormat format;

  ConvertCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Converter converter = Converter.from(files.in()).to(format);
    if (files.threads().isPresent()) {
      converter = converter.threads(files.threads().getAsInt());
    }
    Inspection written;
    try (ProgressLine progress = files.progress(streams)) {
      written = converter.progress(progress).write(files.out());
    }
    streams.println(
        written.source() + ": " + written.format() + ", " + written.fileBytes() + " bytes");
    return 0;
  }

  /** Reads formats by their names. */
  static final class FormatConverter implements ITypeConverter<ConvertFormat> {

    @Override
    public ConvertFormat convert(String value) {
      try {
        return ConvertFormat.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
