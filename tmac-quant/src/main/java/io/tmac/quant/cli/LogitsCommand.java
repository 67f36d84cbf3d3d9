package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.ModelInfo;
import io.tmac.Session;
import io.tmac.TmacException;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.core.JsonGenerator;

/** Prints the logits at each position of a sequence of tokens. */
@Command(
    name = "logits",
    description = {
      "Runs a model on tokens and prints the logits at each position.",
      "The tokens are taken exactly as given, without BOS. No tokenizer is needed."
    })
final class LogitsCommand implements Callable<Integer> {
  private static final int PER_LINE = 8;

  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private ModelSource source;

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "ID,...",
      converter = TokenList.Converter.class,
      description = "Token ids separated by commas, as in 1,403,407.")
  private TokenList tokens;

  @Option(
      names = "--first",
      defaultValue = "64",
      paramLabel = "K",
      description = "Print the first K logits; 0 prints all. Default: ${DEFAULT-VALUE}.")
  private int first;

  @Option(names = "--json", description = "Print one JSON document. null is NaN or infinite.")
  private boolean json;

  LogitsCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (first < 0) {
      throw new ParameterException(command.commandLine(), "--first must not be negative: " + first);
    }
    try (Model model = source.load();
        Session session = model.newSession()) {
      check(model.info());
      int vocabSize = model.info().config().vocabSize();
      int count = first == 0 ? vocabSize : Math.min(first, vocabSize);
      if (json) {
        Json.print(streams, out -> write(session, count, out));
      } else {
        session.logits(tokens.ids(), (position, logits) -> print(position, logits, count));
      }
    }
    return 0;
  }

  /** Throws before anything is printed if the model cannot take the tokens. */
  private void check(ModelInfo model) {
    int[] ids = tokens.ids();
    int vocabSize = model.config().vocabSize();
    for (int id : ids) {
      if (id < 0 || id >= vocabSize) {
        throw new TmacException(
            "token " + id + " is not in the vocabulary: ids are 0 to " + (vocabSize - 1));
      }
    }
    if (ids.length > model.contextLength()) {
      throw new TmacException(
          ids.length + " tokens do not fit the context of " + model.contextLength() + " tokens");
    }
  }

  private void write(Session session, int count, JsonGenerator json) {
    json.writeStartObject();
    json.writeArrayPropertyStart("positions");
    session.logits(
        tokens.ids(),
        (position, logits) -> {
          json.writeStartObject();
          json.writeNumberProperty("position", position);
          json.writeNumberProperty("argmax", argmax(logits));
          json.writeArrayPropertyStart("logits");
          for (int i = 0; i < count; i++) {
            Json.number(json, logits[i]);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
    json.writeEndArray();
    json.writeEndObject();
  }

  private void print(int position, float[] logits, int count) {
    int best = argmax(logits);
    streams.println(
        String.format(
            Locale.ROOT,
            "position %d: token %d, argmax %d (%.5f)",
            position,
            tokens.ids()[position],
            best,
            logits[best]));
    for (int from = 0; from < count; from += PER_LINE) {
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%8d:", from));
      for (int i = from; i < Math.min(from + PER_LINE, count); i++) {
        line.append(String.format(Locale.ROOT, " %10.5f", logits[i]));
      }
      streams.println(line.toString());
    }
  }

  /** The highest logit, the lowest token on ties. */
  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }
}
