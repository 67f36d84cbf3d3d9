package io.tmac.quant.cli;

import io.tmac.quant.train.TokenizerTrainer;
import io.tmac.quant.train.TrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Learns a tokenizer from a text. */
@Command(
    name = "train-tokenizer",
    description = {
      "Learns a vocabulary from a text by byte-pair encoding and writes it as a tokenizer.bin.",
      "Lines that are <|endoftext|> or <|cut|> separate the documents of the text. OUT appears when"
          + " it is complete; an older file of that name is replaced."
    },
    footerHeading = "%nExample:%n",
    footer = "  tmac-quant train-tokenizer stories.txt -o tokenizer.bin --vocab 2048")
final class TrainTokenizerCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec command;

  @Parameters(paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "OUT",
      description = "The file to write.")
  private Path out;

  @Option(
      names = "--vocab",
      required = true,
      paramLabel = "N",
      description =
          "The number of tokens: 259 special tokens and bytes, then characters and merges.")
  private int vocabSize;

  @Option(
      names = "--coverage",
      paramLabel = "C",
      description =
          "The part of the text's characters that has tokens; rarer ones become bytes. Default:"
              + " ${DEFAULT-VALUE}.")
  private double coverage = TokenizerTrainer.DEFAULT_CHARACTER_COVERAGE;

  TrainTokenizerCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Clash.refuse(command, "OUT", out, "the text ", text);
    TrainedTokenizer trained = trainer().train(text);
    trained.write(out);
    streams.println(
        String.format(
            "%s: %d tokens: 3 special, 256 bytes, %d characters, %d merges",
            out, trained.vocabSize(), trained.characters(), trained.merges()));
    return 0;
  }

  private TokenizerTrainer trainer() {
    try {
      return new TokenizerTrainer(vocabSize, coverage);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }
}
