package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.quant.Evaluation;
import io.tmac.quant.Perplexity;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how well a model predicts a text. */
@Command(
    name = "eval",
    description = {
      "Measures how well a model predicts a text: mean negative log-likelihood and perplexity.",
      "The text is cut into windows without overlap, each beginning with BOS if the model adds one;"
          + " every position but the first is scored."
    })
final class EvalCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private TextModelSource source;

  @Parameters(index = "1", paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(
      names = "--window",
      paramLabel = "W",
      description =
          "Positions of a window, BOS included, at least 2. Default: 512, or the context if that is"
              + " shorter.")
  private Integer window;

  @Option(names = "--json", description = "Print one JSON document. null is NaN or infinite.")
  private boolean json;

  EvalCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (window != null && window < 2) {
      throw new ParameterException(command.commandLine(), "--window must be at least 2: " + window);
    }
    byte[] utf8 = read(text);
    Evaluation evaluation;
    try (Model model = source.load()) {
      evaluation =
          Perplexity.evaluate(model, utf8, window != null ? window : Perplexity.window(model));
    }
    if (json) {
      printJson(evaluation);
    } else {
      print(evaluation);
    }
    return 0;
  }

  private static byte[] read(Path text) throws IOException {
    if (Files.isDirectory(text)) {
      throw new FileSystemException(text.toString(), null, "is a folder, no text");
    }
    return Files.readAllBytes(text);
  }

  private void printJson(Evaluation evaluation) {
    Json.print(
        streams,
        out -> {
          out.writeStartObject();
          out.writeNumberProperty("tokens", evaluation.tokens());
          out.writeNumberProperty("predicted", evaluation.predicted());
          Json.number(out, "meanNll", evaluation.meanNll());
          Json.number(out, "perplexity", evaluation.perplexity());
          out.writeEndObject();
        });
  }

  private void print(Evaluation evaluation) {
    streams.print(
        String.format(
            Locale.ROOT,
            """
            tokens      %d
            predicted   %d
            mean NLL    %.6f nats
            perplexity  %.4f
            """,
            evaluation.tokens(),
            evaluation.predicted(),
            evaluation.meanNll(),
            evaluation.perplexity()));
  }
}
