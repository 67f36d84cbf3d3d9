package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.quant.train.Prompts;
import io.tmac.quant.train.TeacherOptions;
import io.tmac.quant.train.TeacherTexts;
import io.tmac.sampling.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lets a model write texts. */
@Command(
    name = "sample",
    description = {
      "Lets a model write texts for another one to learn from. Each is followed by a line"
          + " <|endoftext|>, or <|cut|> if the model did not end it.",
      "A text depends on model, prompts, seed and its number alone. If OUT is there, the run goes"
          + " on where it ends; so a run that was stopped is started again with the same arguments."
    },
    footerHeading = "%nPrompts:%n",
    footer = {
      "  A text file of sections: [ask] has what the model is asked, [start] how its answer"
          + " begins,",
      "  and any other section is a list. A line of [ask] and one of [start] are drawn, and for",
      "  each {name} in them a line of [name], the same one wherever it stands. Without [ask], or",
      "  if the model has no chat template, the model continues the start.",
      "",
      "Example:",
      "  tmac-quant sample SmolLM2-135M-Instruct.gguf --prompts prompts.txt -o stories.txt \\",
      "      --count 10000 --seed 1"
    })
final class SampleCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private TextModelSource source;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description =
          "What the model is asked, and how texts begin. Without it they begin with BOS alone.")
  private Path prompts;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The file to write, or to go on with.")
  private Path out;

  @Option(
      names = "--count",
      required = true,
      paramLabel = "N",
      description = "Texts that OUT is to have.")
  private long count;

  @Option(
      names = "--first",
      paramLabel = "I",
      description = "The number of the first text in OUT. Default: 0.")
  private long first;

  @Option(names = "--seed", paramLabel = "S", description = "Default: 0.")
  private long seed = TeacherOptions.DEFAULT.seed();

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 always takes the likeliest token. Default: ${DEFAULT-VALUE}.")
  private float temperature = TeacherOptions.DEFAULT.sampling().temperature();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Choose among the K likeliest tokens; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK = TeacherOptions.DEFAULT.sampling().topK();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Choose among tokens that have this probability. Default: ${DEFAULT-VALUE}.")
  private float topP = TeacherOptions.DEFAULT.sampling().topP();

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description =
          "Makes tokens of the text before less likely; 1 does not. Default:"
              + " ${DEFAULT-VALUE}.")
  private float repetitionPenalty = TeacherOptions.DEFAULT.sampling().repetitionPenalty();

  @Option(
      names = "--max-new",
      paramLabel = "N",
      description = "Tokens after which a text is cut. Default: ${DEFAULT-VALUE}.")
  private int maxTokens = TeacherOptions.DEFAULT.maxTokens();

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "Texts that are sampled at the same time. Default: ${DEFAULT-VALUE}.")
  private int streamCount = TeacherOptions.DEFAULT.streams();

  @Option(names = "--quiet", description = "Show no progress.")
  private boolean quiet;

  SampleCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (first < 0 || count < 0) {
      throw misused("--first and --count must be at least 0: " + first + " and " + count, null);
    }
    for (Path input : new Path[] {prompts, source.path()}) {
      // It may go on in a model's folder, where only a file of texts is taken.
      if (input != null && !Files.isDirectory(input)) {
        Clash.refuse(command, "OUT", out, "", input);
      }
    }
    TeacherOptions options = options();
    Prompts asked = prompts == null ? Prompts.none() : Prompts.read(prompts);
    try (Model model = source.load();
        ProgressLine line = ProgressLine.of(streams, quiet)) {
      long begin = System.nanoTime();
      TeacherTexts.Written written =
          new TeacherTexts(model, asked, options)
              .write(
                  out,
                  first,
                  count,
                  (done, total) -> line.update(describe(done, begin), done.texts(), total));
      streams.println(out + ": " + describe(written, begin));
    }
    return 0;
  }

  private static String describe(TeacherTexts.Written written, long begin) {
    return String.format(
        Locale.ROOT,
        "%d texts, %d of them ended, %d tokens, %.1f tokens/s",
        written.texts(),
        written.ended(),
        written.tokens(),
        written.tokens() / ((System.nanoTime() - begin) / 1e9));
  }

  private TeacherOptions options() {
    try {
      SamplingOptions sampling =
          SamplingOptions.DEFAULT
              .withTemperature(temperature)
              .withTopK(topK)
              .withTopP(topP)
              .withRepetitionPenalty(repetitionPenalty);
      return new TeacherOptions(sampling, maxTokens, streamCount, seed);
    } catch (IllegalArgumentException e) {
      throw misused(e.getMessage(), e);
    }
  }

  private ParameterException misused(String message, Throwable cause) {
    return new ParameterException(command.commandLine(), message, cause);
  }
}
