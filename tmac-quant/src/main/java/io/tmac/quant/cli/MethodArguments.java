package io.tmac.quant.cli;

import io.tmac.quant.QuantFormat;
import io.tmac.quant.QuantHead;
import io.tmac.quant.QuantMethod;
import io.tmac.quant.Quantizer;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The arguments that say how weights are rounded, whatever the format. */
final class MethodArguments {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--method",
      defaultValue = "port",
      paramLabel = "M",
      converter = MethodConverter.class,
      description = "port, fitted, search or gptq. Default: ${DEFAULT-VALUE}.")
  private QuantMethod method;

  @Option(
      names = "--head",
      paramLabel = "H",
      converter = HeadConverter.class,
      description =
          "What the embedding and the classifier become: own, the format of all others; q8_0 or"
              + " f16, in GGUF files; keep, what they are, for eval. Default: q8_0 in GGUF files,"
              + " else own.")
  private QuantHead head;

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

  QuantMethod method() {
    return method;
  }

  /** The files that the arguments name. */
  List<Path> inputs() {
    return calibration == null ? List.of() : List.of(calibration);
  }

  /**
   * The quantiser that the arguments ask for.
   *
   * @param model the model
   * @param format its format
   * @throws ParameterException if the arguments do not go together
   * @throws IOException if the calibration text is not there
   */
  Quantizer quantizer(Path model, QuantFormat format) throws IOException {
    if (!format.methods().contains(method)) {
      throw misused(
          "format "
              + format.id()
              + " has no method "
              + method.id()
              + "; quantize --help lists the pairs");
    }
    if (method == QuantMethod.GPTQ && calibration == null) {
      throw misused("--method gptq needs --calibration TEXT");
    }
    requireUsed("--calibration", method == QuantMethod.GPTQ || method == QuantMethod.SEARCH);
    requireUsed("--calibration-tokens", calibration != null);
    requireUsed("--passes", method == QuantMethod.GPTQ);
    Quantizer quantizer = Quantizer.from(model).format(format).method(method);
    try {
      quantizer = quantizer.calibrationTokens(calibrationTokens).passes(passes);
    } catch (IllegalArgumentException e) {
      throw misused(e.getMessage());
    }
    if (head != null) {
      quantizer = quantizer.head(head);
    }
    if (calibration != null) {
      requireFile(calibration);
      quantizer = quantizer.calibration(calibration);
    }
    return quantizer;
  }

  /**
   * Checks that no argument is given, where nothing is rounded.
   *
   * @throws ParameterException naming one that is
   */
  void requireNone() {
    for (String name :
        List.of("--method", "--head", "--calibration", "--calibration-tokens", "--passes")) {
      if (command.commandLine().getParseResult().hasMatchedOption(name)) {
        throw misused(name + " needs --quantize F");
      }
    }
  }

  private void requireUsed(String name, boolean used) {
    if (!used && command.commandLine().getParseResult().hasMatchedOption(name)) {
      throw misused(name + " is of no use here: method " + method.id() + " does without");
    }
  }

  private ParameterException misused(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  static void requireFile(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder, not a file");
    }
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString());
    }
  }

  private static <T> T named(Function<String, T> names, String value) {
    try {
      return names.apply(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** Reads formats by their names. */
  static final class FormatConverter implements ITypeConverter<QuantFormat> {

    @Override
    public QuantFormat convert(String value) {
      return named(QuantFormat::of, value);
    }
  }

  /** Reads methods by their names. */
  static final class MethodConverter implements ITypeConverter<QuantMethod> {

    @Override
    public QuantMethod convert(String value) {
      return named(QuantMethod::of, value);
    }
  }

  /** Reads heads by their names. */
  static final class HeadConverter implements ITypeConverter<QuantHead> {

    @Override
    public QuantHead convert(String value) {
      return named(QuantHead::of, value);
    }
  }
}
