package io.tmac.examples;

import io.tmac.ChatMessage;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.TmacException;
import io.tmac.quant.cli.Streams;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Continues a prompt. */
@Command(
    name = "generate",
    description = {
      "Continues a prompt. The prompt and the text go to standard output while they are made,",
      "statistics to standard error. With --chat it answers the prompt, and prints the answer."
    })
final class GenerateCommand implements Callable<Integer> {
  private static final int DEFAULT_POSITIONS = 256;
  private static final String DEMO_PROMPT = "Once upon a time";

  private final Streams streams;

  @Spec private CommandSpec command;
  @Mixin private TextModelOrDemo source;
  @Mixin private SamplingArguments sampling;

  @Option(
      names = {"-i", "--prompt"},
      paramLabel = "PROMPT",
      description =
          "The text to continue. Default: none; \"" + DEMO_PROMPT + "\" for the demo model.")
  private String prompt;

  @Option(
      names = "-n",
      paramLabel = "N",
      description =
          "Positions to compute, prompt and BOS included, as llama2.c's steps; 0 fills the context."
              + " Default: 256.")
  private Integer positions;

  @Option(names = "--max-new", paramLabel = "N", description = "Tokens to generate, instead of -n.")
  private Integer maxNew;

  @Option(
      names = "--chat",
      description = "Send the prompt as a user's message, in the model's chat template.")
  private boolean chat;

  @Option(
      names = "--specials",
      description = "Names of special tokens in the prompt, such as </s>, become those tokens.")
  private boolean specials;

  @Option(names = "--quiet", description = "No statistics and notes.")
  private boolean quiet;

  GenerateCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    checkArguments();
    if (prompt == null) {
      prompt = source.isDemo() ? DEMO_PROMPT : "";
    }
    long start = System.nanoTime();
    try (Model model = source.load()) {
      long loadNanos = System.nanoTime() - start;
      if (source.isDemo()) {
        note(TextModelOrDemo.NOTE);
      }
      if (chat && model.chatTemplate().isEmpty()) {
        throw new TmacException(
            model.info().source()
                + " has no chat template, so that --chat cannot be used; leave it out");
      }
      if (!quiet) {
        Statistics.print(streams.err(), model.info(), loadNanos);
      }
      if (chat) {
        answerPrompt(model);
      } else {
        continuePrompt(model);
      }
    }
    return 0;
  }

  private void checkArguments() {
    if (positions != null && maxNew != null) {
      throw usage("-n and --max-new exclude each other");
    }
    if (positions != null && positions < 0) {
      throw usage("-n must not be negative: " + positions);
    }
    if (maxNew != null && maxNew < 0) {
      throw usage("--max-new must not be negative: " + maxNew);
    }
    if (chat && specials) {
      throw usage("--specials has no effect with --chat: what a user says is plain text");
    }
    sampling.check();
  }

  private ParameterException usage(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private void continuePrompt(Model model) {
    Tokenizer tokenizer = model.tokenizer().orElseThrow();
    int[] ids = tokenizer.encode(prompt, new EncodeOptions(true, specials));
    if (ids.length == 0) {
      throw new TmacException("the prompt has no tokens, and this model no BOS: give one with -i");
    }
    int contextLength = model.info().contextLength();
    int count = tokensToGenerate(ids.length, contextLength);
    if (count > 0 && ids.length > contextLength) {
      throw new TmacException(
          "the prompt has " + ids.length + " tokens, the context only " + contextLength);
    }
    if (count < 0 && positions == null) {
      throw tooLong(ids.length);
    }
    if (count < 0) {
      note("the prompt has " + ids.length + " tokens, more than -n allows; it is cut");
      ids = Arrays.copyOf(ids, ids.length + count);
    }
    streams.print(tokenizer.decode(ids));
    streams.flush();
    if (count > 0) {
      generate(model.generate(ids), count);
    }
    streams.println("");
  }

  private void answerPrompt(Model model) {
    GenerationRequest request = model.chat(List.of(ChatMessage.user(prompt)));
    int count = tokensToGenerate(request.promptTokens(), model.info().contextLength());
    if (count < 0) {
      throw tooLong(request.promptTokens());
    }
    generate(request, count);
    streams.println("");
  }

  private TmacException tooLong(int promptLength) {
    return new TmacException(
        "the prompt has "
            + promptLength
            + " tokens, more than the "
            + (positions == null ? DEFAULT_POSITIONS + " positions of the default" : "positions")
            + ": set -n or --max-new");
  }

  /**
   * How many tokens follow the prompt. The last of n positions still chooses a token, so that a
   * text has n + 1 tokens.
   *
   * @return the number; -m if the prompt alone is m tokens too long
   */
  private int tokensToGenerate(int promptLength, int contextLength) {
    if (maxNew != null) {
      return maxNew;
    }
    int n = positions != null ? positions : DEFAULT_POSITIONS;
    return (n == 0 ? contextLength : Math.min(n, contextLength)) + 1 - promptLength;
  }

  private void generate(GenerationRequest request, int count) {
    sampling.apply(request.maxTokens(count), 0);
    long start = System.nanoTime();
    long[] firstToken = new long[1];
    Generation generation =
        request.result(token -> {
          if (firstToken[0] == 0) {
            firstToken[0] = System.nanoTime() - start;
          }
          streams.print(token.text());
          return streams.flush();
        });
    if (!quiet) {
      streams.err().println();
      Statistics.print(streams.err(), generation, firstToken[0]);
    }
  }

  private void note(String text) {
    if (!quiet) {
      streams.err().println("note: " + text);
    }
  }
}
