package io.tmac.examples;

import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelInfo;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.TokenStream;
import io.tmac.format.WeightFormat;
import io.tmac.gateway.DemoModel;
import io.tmac.quant.Inspection;
import io.tmac.quant.ModelInspector;
import io.tmac.quant.TensorInfo;
import io.tmac.quant.cli.Streams;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how fast a model runs. */
@Command(
    name = "bench",
    description = {
      "Measures how fast a model runs, a file's, one of random weights, or the demo model: the"
          + " prompt, the tokens behind it, and what it takes to get there.",
      "Each number of threads loads the model anew and warms it up. The first token is that of a"
          + " prompt of BOS alone, counted from the start of the JVM."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int BOS = 1;
  private static final double GIGABYTE = 1e9;

  private final Streams streams;

  @Spec private CommandSpec command;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "A model file, or a folder that holds exactly one. Default: the small demo model.")
  private Path file;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      description = "Random weights instead: 110M, 1B or 2B, all with a context of 1024.")
  private String shape;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "Format of random weights: f32, int4, ternary_v1 or ternary_v2.")
  private String format;

  @Option(
      names = "--head",
      paramLabel = "HEAD",
      description =
          "Format of the random classifier: f32, int8, int4 or ternary. Default: the embedding, in"
              + " the model's own format.")
  private String head;

  @Option(
      names = "-p",
      defaultValue = "128",
      paramLabel = "P",
      description = "Tokens of the prompt. Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "-n",
      defaultValue = "64",
      paramLabel = "N",
      description = "Tokens decoded behind the prompt. Default: ${DEFAULT-VALUE}.")
  private int newTokens;

  @Option(
      names = "--threads",
      defaultValue = "1,2",
      split = ",",
      paramLabel = "N",
      description = "Numbers of compute threads, one result each. Default: ${DEFAULT-VALUE}.")
  private int[] threads;

  @Option(
      names = "-r",
      defaultValue = "5",
      paramLabel = "R",
      description = "Repetitions behind the warm-up. Default: ${DEFAULT-VALUE}.")
  private int repetitions;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description =
          "Measures also how fast N streams decode together, 1 to "
              + StreamsBenchmark.MAX_STREAMS
              + ".")
  private Integer streamCount;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  BenchCommand(Streams streams) {
    this.streams = streams;
  }

  /** Loads a model with some options. */
  @FunctionalInterface
  private interface Source {
    Model load(ModelOptions options) throws IOException;
  }

  @Override
  public Integer call() throws IOException {
    positive("-p", promptTokens);
    positive("-n", newTokens);
    positive("-r", repetitions);
    if (streamCount != null && (streamCount < 1 || streamCount > StreamsBenchmark.MAX_STREAMS)) {
      throw usage("--streams must be 1 to " + StreamsBenchmark.MAX_STREAMS + ": " + streamCount);
    }
    List<ModelOptions> options = new ArrayList<>();
    for (int count : threads) {
      options.add(
          checked("--", count, n -> ModelOptions.DEFAULT.withThreads(n)).withoutTokenizer());
    }
    Source source = source();
    List<BenchReport.Result> results = new ArrayList<>();
    for (ModelOptions each : options) {
      BenchReport.Result result = measure(source, each, results.isEmpty());
      results.add(result);
      if (!json) {
        if (results.size() == 1) {
          BenchReport.printHead(streams, result);
        }
        BenchReport.printLine(streams, result);
        streams.flush();
      }
    }
    if (json) {
      BenchReport.printJson(streams, results);
    }
    return 0;
  }

  /** The model that the arguments name. */
  private Source source() {
    if (file != null && shape != null) {
      throw usage("name a model with -m, or a shape with --shape, not both");
    }
    if (shape == null && (format != null || head != null)) {
      throw usage("--format and --head belong to --shape; a file has its own");
    }
    if (file != null) {
      return options -> Model.load(file, options);
    }
    if (shape == null) {
      streams.err().println("note: " + TextModelOrDemo.NOTE);
      return DemoModel::load;
    }
    if (format == null) {
      throw usage("--shape needs a --format: f32, int4, ternary_v1 or ternary_v2");
    }
    ModelConfig config = checked("--shape ", shape, BenchModels::shape);
    WeightFormat layers = checked("--format ", format, BenchModels::format);
    WeightFormat classifier = head == null ? layers : checked("--head ", head, BenchModels::head);
    checkContext(config.contextLength());
    return options -> random(config, layers, classifier, options);
  }

  private Model random(
      ModelConfig config, WeightFormat layers, WeightFormat classifier, ModelOptions options)
      throws IOException {
    long bytes = BenchModels.bytes(config, layers, classifier);
    long needed = bytes + bytes / 8; // kernel layouts are a little larger
    checkMemory(needed, MachineMemory.availableBytes());
    try {
      return Model.random(config, layers, classifier, options);
    } catch (OutOfMemoryError e) {
      throw new TmacException(tooLarge(needed) + "the machine does not give them", e);
    }
  }

  /** Throws if a shape needs more memory than there is. */
  void checkMemory(long needed, OptionalLong available) {
    if (available.isPresent() && available.getAsLong() < needed) {
      throw new TmacException(
          tooLarge(needed) + gigabytes(available.getAsLong()) + " are free: take a smaller one");
    }
  }

  private String tooLarge(long needed) {
    return "the shape " + shape + " in " + format + " needs about " + gigabytes(needed) + "; ";
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / GIGABYTE);
  }

  private BenchReport.Result measure(Source source, ModelOptions options, boolean first)
      throws IOException {
    long start = System.nanoTime();
    try (Model model = source.load(options)) {
      double loadMillis = (System.nanoTime() - start) / 1e6;
      checkContext(model.info().contextLength());
      // Nothing else may come before: this is what a fresh JVM needs.
      OptionalDouble firstTokenMillis =
          first ? OptionalDouble.of(firstTokenMillis(model)) : OptionalDouble.empty();
      ModelInfo info = model.info();
      return new BenchReport.Result(
          shape != null ? shape : Path.of(info.source()).getFileName().toString(),
          info.format(),
          headFormat(info),
          info.kernels(),
          Processor.name(),
          info.threads(),
          firstTokenMillis,
          loadMillis,
          Benchmark.measure(model, promptTokens, newTokens, repetitions),
          streamCount == null
              ? Optional.empty()
              : Optional.of(
                  new BenchReport.Together(
                      streamCount,
                      StreamsBenchmark.measure(
                          model, streamCount, promptTokens, newTokens, repetitions))));
    }
  }

  private static double firstTokenMillis(Model model) {
    int bos = Math.min(BOS, model.info().config().vocabSize() - 1);
    try (TokenStream stream =
        model.generate(new int[] {bos}).maxTokens(1).temperature(0).stream()) {
      stream.next();
    }
    long now = System.currentTimeMillis();
    // Exact to a millisecond; the start that Linux tells of a process is exact to a second.
    return now - ManagementFactory.getRuntimeMXBean().getStartTime();
  }

  /** The format of the classifier. */
  private String headFormat(ModelInfo info) throws IOException {
    if (shape != null) {
      return (head == null ? BenchModels.format(format) : BenchModels.head(head)).id();
    }
    if (file == null) {
      return info.format(); // All matrices of a TM2 file have the same.
    }
    Inspection inspection = ModelInspector.inspect(file);
    return inspection.tensors().stream()
        .filter(tensor -> tensor.name().equals("output"))
        .findFirst()
        .map(TensorInfo::type)
        .orElse(inspection.tensors().getFirst().type());
  }

  private void checkContext(int contextLength) {
    if ((long) promptTokens + newTokens > contextLength) {
      throw usage(
          "-p "
              + promptTokens
              + " and -n "
              + newTokens
              + " do not fit: the context has "
              + contextLength
              + " tokens");
    }
    if (streamCount != null
        && StreamsBenchmark.tokens(streamCount, promptTokens, newTokens) > contextLength) {
      throw usage(
          "--streams "
              + streamCount
              + " with -p "
              + promptTokens
              + " and -n "
              + newTokens
              + " may need "
              + StreamsBenchmark.tokens(streamCount, promptTokens, newTokens)
              + " tokens each: the context has "
              + contextLength);
    }
  }

  private void positive(String option, int value) {
    if (value < 1) {
      throw usage(option + " must be at least 1: " + value);
    }
  }

  /** Makes something of an argument; what it does not allow is a usage error. */
  private <A, T> T checked(String option, A argument, Function<A, T> maker) {
    try {
      return maker.apply(argument);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), option + e.getMessage(), e);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
