package io.tmac.quant.cli;

import io.tmac.quant.Tokenizers;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Turns token ids into text. */
@Command(
    name = "detokenize",
    description = {
      "Prints the text of tokens and a line feed.",
      "Control tokens print nothing, and a space that the tokenizer puts before a text is taken"
          + " away. Byte tokens print their bytes, whole characters or not."
    })
final class DetokenizeCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(
      paramLabel = "MODEL_OR_TOKENIZER",
      description =
          "A model with its tokenizer in it or beside it, a tokenizer.json or a tokenizer.bin.")
  private Path path;

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "ID,...",
      converter = TokenList.Converter.class,
      description = "Token ids separated by commas, as in 1,403,407.")
  private TokenList tokens;

  DetokenizeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(path);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int previous = Tokenizer.NO_TOKEN;
    for (int id : tokens.ids()) {
      text.writeBytes(tokenizer.decode(previous, id));
      previous = id;
    }
    text.write('\n');
    text.writeTo(streams.out());
    return 0;
  }
}
