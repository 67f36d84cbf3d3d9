package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.quant.Evaluation;
import io.tmac.quant.ModelInspector;
import io.tmac.quant.Perplexity;
import io.tmac.quant.QuantFormat;
import io.tmac.quant.Quantizer;
import io.tmac.quant.Windows;
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
          + " in the first window that holds it.",
      "With --quantize the model is rounded first, in memory. That measures a format and a method"
          + " without a file."
    })
final class EvalCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private TextModelSource source;
  @Mixin private WindowArguments windows;

  @Parameters(index = "1", paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(
      names = "--quantize",
      paramLabel = "F",
      converter = MethodArguments.FormatConverter.class,
      description = {
        "Round the weights to this format first: int4, ternary_v2 or another one of quantize.",
        "--method, --head, --calibration, --calibration-tokens and --passes say how."
      })
  private QuantFormat format;

  @Mixin private MethodArguments method;

  @Option(names = "--json", description = "Print one JSON document. null is NaN or infinite.")
  private boolean json;

  EvalCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    byte[] utf8 = TextFile.read(text);
    Evaluation evaluation = format == null ? evaluate(utf8) : evaluateRounded(utf8);
    if (json) {
      printJson(evaluation);
    } else {
      print(evaluation);
    }
    return 0;
  }

  private Evaluation evaluate(byte[] utf8) throws IOException {
    method.requireNone();
    try (Model model = source.load()) {
      return Perplexity.evaluate(model, utf8, windows.windows(Perplexity.window(model)));
    }
  }

  private Evaluation evaluateRounded(byte[] utf8) throws IOException {
    ModelOptions options = source.options();
    Quantizer quantizer = method.quantizer(source.path(), format);
    if (options.threads() > 0) {
      quantizer = quantizer.threads(options.threads());
    }
    if (options.tokenizerPath().isPresent()) {
      quantizer = quantizer.tokenizer(options.tokenizerPath().get());
    }
    int contextLength = ModelInspector.inspect(source.path()).config().contextLength();
    Windows cut = windows.windows(Math.min(Perplexity.DEFAULT_WINDOW, contextLength));
    return quantizer.evaluate(utf8, cut, options);
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
