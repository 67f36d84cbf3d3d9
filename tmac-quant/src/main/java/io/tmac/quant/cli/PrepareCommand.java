package io.tmac.quant.cli;

import io.tmac.quant.Tokenizers;
import io.tmac.quant.train.TokenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Turns a text into a file of tokens. */
@Command(
    name = "prepare",
    description = {
      "Turns a text into a file of tokens to train on.",
      "A line <|endoftext|> is behind each document; each begins with BOS in the file."
    },
    footerHeading = "%nExample:%n",
    footer = "  tmac-quant prepare stories.txt -z tokenizer.bin -o stories.tok")
final class PrepareCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;

  @Parameters(paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(
      names = {"-z", "--tokenizer"},
      required = true,
      paramLabel = "TOKENIZER",
      description = "A tokenizer, or a model with its own; at most 65,536 tokens.")
  private Path tokenizer;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The file to write; replaced if it is there.")
  private Path out;

  PrepareCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Clash.refuse(command, "OUT", out, "", text);
    Clash.refuse(command, "OUT", out, "", tokenizer);
    TokenFiles.Written written = TokenFiles.write(text, Tokenizers.load(tokenizer), out);
    streams.println(
        String.format(
            Locale.ROOT,
            "%s: %d documents, %d tokens, %.2f bytes per token",
            out,
            written.documents(),
            written.tokens(),
            (double) written.bytes() / written.tokens()));
    return 0;
  }
}
