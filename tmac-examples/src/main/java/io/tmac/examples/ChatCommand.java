package io.tmac.examples;

import io.tmac.FinishReason;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.Session;
import io.tmac.quant.cli.Streams;
import io.tmac.quant.cli.TextModelSource;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A conversation in one session: nothing that was said before is computed again. */
@Command(
    name = "chat",
    description = {
      "Talks with a model: reads lines from standard input and answers each.",
      "/reset forgets the conversation, /quit or the end of the input ends it.",
      "A model without a chat template continues the text that the lines and its answers make."
    })
final class ChatCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private TextModelSource source;
  @Mixin private SamplingArguments sampling;

  @Option(
      names = "--max-new",
      defaultValue = "256",
      paramLabel = "N",
      description = "Tokens of an answer at most. Default: ${DEFAULT-VALUE}.")
  private int maxNew;

  @Option(names = "--quiet", description = "No prompts and notes.")
  private boolean quiet;

  ChatCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    if (maxNew < 0) {
      throw new ParameterException(
          command.commandLine(), "--max-new must not be negative: " + maxNew);
    }
    sampling.check();
    try (Model model = source.load();
        Session session = model.newSession()) {
      note("this model has no chat template: it continues the text. /reset starts a new one");
      talk(model, session);
    }
    return 0;
  }

  private void talk(Model model, Session session) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
    int turn = 0;
    while (true) {
      prompt();
      String line = lines.readLine();
      if (line == null || line.strip().equals("/quit")) {
        return;
      }
      if (line.strip().equals("/reset")) {
        session.truncate(0);
      } else if (!line.isBlank()) {
        answer(model, session, line, turn++);
        if (!streams.flush()) {
          return; // Nobody listens any more.
        }
      }
    }
  }

  private void answer(Model model, Session session, String line, int turn) {
    Tokenizer tokenizer = model.tokenizer().orElseThrow();
    int position = session.position();
    int[] ids = tokenizer.encode(line, position == 0 ? EncodeOptions.PROMPT : EncodeOptions.TEXT);
    int room = model.info().contextLength() - position;
    if (ids.length > room) {
      streams
          .err()
          .println(
              "the line has "
                  + ids.length
                  + " tokens, the context has room for "
                  + room
                  + ": shorten it, or /reset");
      return;
    }
    GenerationRequest request = session.generate(ids).maxTokens(maxNew);
    sampling.apply(request, turn);
    Generation generation =
        request.result(token -> {
          streams.print(token.text());
          return streams.flush();
        });
    streams.println("");
    if (generation.finishReason() == FinishReason.CONTEXT_FULL) {
      note("the context is full; /reset starts a new text");
    }
  }

  private void prompt() {
    if (!quiet) {
      streams.err().print("> ");
      streams.err().flush();
    }
  }

  private void note(String text) {
    if (!quiet) {
      streams.err().println("note: " + text);
    }
  }
}
