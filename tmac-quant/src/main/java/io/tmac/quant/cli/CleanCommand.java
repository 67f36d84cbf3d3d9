package io.tmac.quant.cli;

import io.tmac.quant.train.TextCleaner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Cleans texts to train on. */
@Command(
    name = "clean",
    description = {
      "Makes the texts of a small teacher fit to be learned from.",
      "Typographic characters become ASCII. Texts end with their last whole sentence. Left out are"
          + " texts with other characters or markup, with the same eight words twice, with fewer"
          + " than 20 words, and those that are there already."
    },
    footerHeading = "%nExample:%n",
    footer = "  tmac-quant clean sampled.txt -o stories.txt")
final class CleanCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;

  @Parameters(
      paramLabel = "TEXT",
      description = "UTF-8 text; a line <|endoftext|> or <|cut|> is behind each document.")
  private Path text;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The file to write; replaced if it is there.")
  private Path out;

  CleanCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Clash.refuse(command, "OUT", out, "the text ", text);
    TextCleaner.Cleaned cleaned = TextCleaner.clean(text, out);
    streams.println(
        String.format(
            "%s: %d of %d texts; left out: %d with foreign characters, %d in loops, %d too short,"
                + " %d repeated",
            out,
            cleaned.kept(),
            cleaned.read(),
            cleaned.foreign(),
            cleaned.loops(),
            cleaned.brief(),
            cleaned.repeated()));
    return 0;
  }
}
