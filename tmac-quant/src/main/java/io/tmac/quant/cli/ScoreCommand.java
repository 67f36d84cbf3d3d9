package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.quant.DocumentScore;
import io.tmac.quant.train.TrainingText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how likely a model finds texts. */
@Command(
    name = "score",
    description = {
      "Says how likely a model finds texts, in nats per byte, and how varied they are.",
      "Each text is read by itself; a line <|endoftext|> or <|cut|> is behind it. Per byte, models"
          + " with different tokenizers can be compared."
    },
    footerHeading = "%nExample:%n",
    footer = "  tmac-quant score SmolLM2-135M-Instruct.Q4_1.gguf stories.txt --count 50")
final class ScoreCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private TextModelSource source;

  @Parameters(index = "1", paramLabel = "TEXT", description = "A file of UTF-8 text.")
  private Path text;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Only the first N texts. Default: all.")
  private int count = Integer.MAX_VALUE;

  ScoreCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    List<String> all = TrainingText.documents(text);
    List<String> documents = all.subList(0, Math.clamp(count, 0, all.size()));
    try (Model model = source.load()) {
      DocumentScore score = DocumentScore.of(model, documents);
      streams.print(
          String.format(
              Locale.ROOT,
              """
              texts                %d
              bytes                %d
              mean NLL             %.5f nats per byte
              words                %d
              four-word sequences  %.1f different ones per 1,000 words
              """,
              score.documents(),
              score.bytes(),
              score.nllPerByte(),
              score.words(),
              score.distinctPerThousand()));
    }
    return 0;
  }
}
