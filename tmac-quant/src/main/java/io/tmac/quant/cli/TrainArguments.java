package io.tmac.quant.cli;

import io.tmac.quant.encode.FileClash;
import io.tmac.quant.encode.OutputFile;
import io.tmac.quant.train.TokenFile;
import io.tmac.quant.train.TrainOptions;
import io.tmac.quant.train.TrainProgress;
import io.tmac.quant.train.Trainer;
import io.tmac.quant.train.WeightKind;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is the same for {@code train} and {@code finetune}. */
final class TrainArguments {
  private static final TrainOptions DEFAULT = TrainOptions.DEFAULT;
  private static final int PRINTED = 10;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The model to write when all steps are done; replaced if it is there.")
  private Path out;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "TOKENS",
      description = "A file of tokens to train on; prepare makes them.")
  private Path data;

  @Option(
      names = "--validation",
      paramLabel = "TOKENS",
      description = "A file of tokens to evaluate on.")
  private Path validation;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description = "Where the state of the run is saved. If it is there, the run goes on from it.")
  private Path state;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description = "A table of step, loss and validation loss, with tabs; appended to.")
  private Path log;

  @Option(
      names = "--weights",
      paramLabel = "f32|ternary_v2",
      description = "What the matrices become. Default: ternary_v2.")
  private WeightKind weights = DEFAULT.weights();

  @Option(names = "--steps", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int steps = DEFAULT.steps();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Texts per step. Default: ${DEFAULT-VALUE}.")
  private int batch = DEFAULT.batch();

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "Tokens of a text. Default: ${DEFAULT-VALUE}.")
  private int length = DEFAULT.length();

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      description =
          "Texts in the layers together; a matter of memory, but the result depends on it. Default:"
              + " ${DEFAULT-VALUE}.")
  private int microBatch = DEFAULT.microBatch();

  @Option(
      names = "--lanes",
      paramLabel = "N",
      description =
          "Parts of a batch that threads work on; the result depends on it. Default:"
              + " ${DEFAULT-VALUE}.")
  private int lanes = DEFAULT.lanes();

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "The highest learning rate. Default: ${DEFAULT-VALUE}.")
  private float learningRate = DEFAULT.learningRate();

  @Option(
      names = "--final-lr",
      paramLabel = "PART",
      description = "The last learning rate, as a part of the highest. Default: ${DEFAULT-VALUE}.")
  private float finalRate = DEFAULT.finalRate();

  @Option(
      names = "--warmup",
      paramLabel = "STEPS",
      description = "Steps in which the rate rises. Default: ${DEFAULT-VALUE}.")
  private int warmup = DEFAULT.warmup();

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description = "Of matrices. Default: ${DEFAULT-VALUE}.")
  private float decay = DEFAULT.decay();

  @Option(
      names = "--beta1",
      paramLabel = "B",
      description = "AdamW's memory of gradients. Default: ${DEFAULT-VALUE}.")
  private float beta1 = DEFAULT.beta1();

  @Option(
      names = "--beta2",
      paramLabel = "B",
      description = "AdamW's memory of squares. Default: ${DEFAULT-VALUE}.")
  private float beta2 = DEFAULT.beta2();

  @Option(
      names = "--clip",
      paramLabel = "NORM",
      description = "The longest gradient. Default: ${DEFAULT-VALUE}.")
  private float clip = DEFAULT.clip();

  @Option(names = "--seed", paramLabel = "S", description = "Default: ${DEFAULT-VALUE}.")
  private long seed = DEFAULT.seed();

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      description = "Default: ${DEFAULT-VALUE}.")
  private int evaluateEvery = DEFAULT.evaluateEvery();

  @Option(names = "--save-every", paramLabel = "STEPS", description = "Default: ${DEFAULT-VALUE}.")
  private int saveEvery = DEFAULT.saveEvery();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads. Default: the physical cores.")
  private int threads = DEFAULT.threads();

  /** Makes a trainer. */
  @FunctionalInterface
  interface Maker {
    Trainer make(TrainOptions options, TokenFile tokens) throws IOException;
  }

  /** Trains and writes the model. */
  int run(Streams streams, float teacherShare, List<Path> inputs, Maker maker) throws IOException {
    requireApart(inputs);
    requireWritable();
    try (TokenFile tokens = TokenFile.open(data);
        TokenFile tests = validation == null ? null : TokenFile.open(validation)) {
      Trainer trainer = make(teacherShare, tokens, maker);
      if (tests != null) {
        trainer.validation(tests);
      }
      if (state != null) {
        trainer.state(state);
      }
      streams
          .err()
          .printf(Locale.ROOT, "%d weights, %d tokens%n", trainer.parameters(), tokens.count());
      train(streams, trainer, tokens);
      trainer.write(out);
    }
    streams.println(out + ": " + Files.size(out) + " bytes");
    return 0;
  }

  private Trainer make(float teacherShare, TokenFile tokens, Maker maker) throws IOException {
    try {
      return maker.make(options(teacherShare), tokens);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private TrainOptions options(float teacherShare) {
    return new TrainOptions(
        weights,
        steps,
        batch,
        length,
        microBatch,
        lanes,
        learningRate,
        finalRate,
        warmup,
        decay,
        beta1,
        beta2,
        clip,
        teacherShare,
        seed,
        evaluateEvery,
        saveEvery,
        threads);
  }

  /** Hours later would be too late. */
  private void requireWritable() throws IOException {
    for (Path path : new Path[] {out, state}) {
      if (path != null) {
        try (OutputFile probe = OutputFile.create(path)) {
          probe.channel(); // It can be written.
        }
      }
    }
  }

  private void requireApart(List<Path> inputs) throws IOException {
    List<Path> outputs = Stream.of(out, state, log).filter(Objects::nonNull).toList();
    for (int i = 0; i < outputs.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (FileClash.between(outputs.get(i), outputs.get(j))) {
          throw new ParameterException(
              command.commandLine(), outputs.get(i) + " is named twice: name different files");
        }
      }
    }
    for (Path written : outputs) {
      for (Path input : inputs) {
        if (input != null && FileClash.between(written, input)) {
          throw new ParameterException(
              command.commandLine(), written + " would be overwritten: name another file");
        }
      }
    }
  }

  /** The files that are read whatever the command. */
  List<Path> files() {
    return validation == null ? List.of(data) : List.of(data, validation);
  }

  private void train(Streams streams, Trainer trainer, TokenFile tokens) throws IOException {
    if (log == null) {
      trainer.run(tokens, progress -> print(streams, progress));
      return;
    }
    try (BufferedWriter table =
        Files.newBufferedWriter(
            log, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      trainer.run(
          tokens,
          progress -> {
            append(table, progress);
            return print(streams, progress);
          });
    }
  }

  private static void append(BufferedWriter table, TrainProgress progress) {
    OptionalDouble validated = progress.validationLoss();
    String value =
        validated.isPresent() ? String.format(Locale.ROOT, "%.5f", validated.getAsDouble()) : "";
    try {
      table.write(
          String.format(Locale.ROOT, "%d\t%.5f\t%s\n", progress.step(), progress.loss(), value));
      table.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean print(Streams streams, TrainProgress progress) {
    boolean validated = progress.validationLoss().isPresent();
    if (validated || progress.step() % PRINTED == 0 || progress.step() == 1) {
      String validation =
          validated
              ? String.format(
                  Locale.ROOT, ", validation %.4f", progress.validationLoss().getAsDouble())
              : "";
      streams
          .err()
          .printf(
              Locale.ROOT,
              "step %d of %d: loss %.4f%s, rate %.2e, gradient %.2f, %.0f tokens/s%n",
              progress.step(),
              progress.steps(),
              progress.loss(),
              validation,
              progress.learningRate(),
              progress.gradientNorm(),
              progress.tokensPerSecond());
    }
    return true;
  }
}
