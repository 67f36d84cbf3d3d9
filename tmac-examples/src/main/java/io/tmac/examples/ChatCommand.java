package io.tmac.examples;

import io.tmac.ChatTemplateException;
import io.tmac.FinishReason;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.Session;
import io.tmac.quant.cli.Streams;
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
      "/system TEXT gives an instruction, /reset forgets the conversation but not the instruction,",
      "/quit or the end of the input ends it. Where the context is full, the oldest turns are left",
      "out. A model without a chat template continues the text that the lines and its answers make."
    })
final class ChatCommand implements Callable<Integer> {
  private static final String SYSTEM = "/system";

  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private TextModelOrDemo source;
  @Mixin private SamplingArguments sampling;

  @Option(
      names = "--system",
      defaultValue = "",
      paramLabel = "TEXT",
      description = "An instruction for the whole conversation. Default: the template's, if any.")
  private String system;

  @Option(
      names = "--max-new",
      defaultValue = "256",
      paramLabel = "N",
      description = "Tokens of an answer at most. Default: ${DEFAULT-VALUE}.")
  private int maxNew;

  @Option(names = "--quiet", description = "No prompts, notes and statistics.")
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
    long start = System.nanoTime();
    try (Model model = source.load();
        Session session = model.newSession()) {
      if (source.isDemo()) {
        note(TextModelOrDemo.NOTE + ". Each line begins a new one");
      }
      if (!quiet) {
        Statistics.print(streams.err(), model.info(), System.nanoTime() - start);
      }
      talk(dialogue(model, session));
    }
    return 0;
  }

  private Dialogue dialogue(Model model, Session session) {
    if (model.chatTemplate().isPresent()) {
      Dialogue dialogue = new MessageDialogue(session);
      dialogue.instruct(system);
      return dialogue;
    }
    note("this model has no chat template: it continues the text. /reset starts a new one");
    if (!system.isEmpty()) {
      throw new ParameterException(
          command.commandLine(), "--system needs a model with a chat template");
    }
    return new TextDialogue(model, session);
  }

  private void talk(Dialogue dialogue) throws IOException {
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
        dialogue.reset();
      } else if (line.equals(SYSTEM) || line.startsWith(SYSTEM + " ")) {
        instruct(dialogue, line.substring(SYSTEM.length()).strip());
      } else if (!line.isBlank()) {
        answer(dialogue, line, turn++);
        if (!streams.flush()) {
          return; // Nobody listens any more.
        }
      }
    }
  }

  private void instruct(Dialogue dialogue, String instruction) {
    try {
      dialogue.instruct(instruction);
    } catch (IllegalArgumentException e) {
      streams.err().println(e.getMessage());
    }
  }

  private void answer(Dialogue dialogue, String line, int turn) {
    try {
      GenerationRequest request = dialogue.ask(line).maxTokens(maxNew);
      sampling.apply(request, turn);
      print(dialogue, request);
    } catch (IllegalArgumentException | ChatTemplateException e) {
      dialogue.forgetQuestion();
      streams.err().println(e.getMessage() + "; or /reset");
    }
  }

  private void print(Dialogue dialogue, GenerationRequest request) {
    Generation generation =
        request.result(token -> {
          streams.print(token.text());
          return streams.flush();
        });
    streams.println("");
    dialogue.keep(generation);
    if (generation.droppedTokens() > 0) {
      note("the context is full; the oldest turns were left out");
    }
    if (generation.finishReason() == FinishReason.CONTEXT_FULL) {
      note("the context is full; /reset starts anew");
    }
    if (!quiet) {
      Statistics.printTurn(streams.err(), generation);
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
