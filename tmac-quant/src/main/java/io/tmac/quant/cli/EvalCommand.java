package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.quant.Evaluation;
import io.tmac.quant.Perplexity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures how well a model predicts a text. */
@Command(
    name = "eval",
    description = {
      "Measures how well a model predicts a text: mean negative log-likelihood and perplexity.",
      "The text is cut into windows, each beginning with BOS if the model adds one; every position"
          + " but the first is scored. With --stride they overlap, and each token is scored once,"
          + " in the first window that holds it."
    })
final class EvalCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private TextModelSource source;
  @Mixin private WindowArguments windows;

  @Parameters(index = "1", paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(names = "--json", description = "Print one JSON document. null is NaN or infinite.")
  private boolean json;

  EvalCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    byte[] utf8 = TextFile.read(text);
    Evaluation evaluation;
    try (Model model = source.load()) {
      evaluation = Perplexity.evaluate(model, utf8, windows.windows(Perplexity.window(model)));
    }
    if (json) {
      printJson(evaluation);
    } else {
      print(evaluation);
    }
    return 0;
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
