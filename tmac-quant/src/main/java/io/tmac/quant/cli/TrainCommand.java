package io.tmac.quant.cli;

import io.tmac.ModelConfig;
import io.tmac.quant.train.Trainer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a new model. */
@Command(
    name = "train",
    description = {
      "Trains a new llama, with ternary weights or with floats.",
      "Writes TernaryV2, or llama2.c v0 with --weights f32. The classifier is the embedding. All"
          + " arguments may be in a file: tmac-quant train @FILE."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  tmac-quant train --data stories.tok --validation held-out.tok -o stories.tm2 \\",
      "      --dim 256 --hidden-dim 704 --layers 6 --heads 8 --kv-heads 4 --steps 3000 \\",
      "      --state stories.state"
    })
final class TrainCommand implements Callable<Integer> {
  private static final float ROPE_THETA = 10_000;
  private static final double EPS = 1e-5;

  private final Streams streams;

  @Mixin private TrainArguments arguments;

  @Option(names = "--dim", required = true, paramLabel = "N", description = "Width of the model.")
  private int dim;

  @Option(
      names = "--hidden-dim",
      required = true,
      paramLabel = "N",
      description = "Width of the feed-forward layers.")
  private int hiddenDim;

  @Option(names = "--layers", required = true, paramLabel = "N", description = "Layers.")
  private int layers;

  @Option(names = "--heads", required = true, paramLabel = "N", description = "Query heads.")
  private int heads;

  @Option(
      names = "--kv-heads",
      paramLabel = "N",
      description = "Key and value heads. Default: as many as query heads.")
  private int kvHeads;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "The longest text of the model. Default: that of --length.")
  private int context;

  TrainCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    return arguments.run(
        streams,
        0,
        arguments.files(),
        (options, tokens) -> {
          if (heads < 1 || dim % heads != 0) {
            throw new IllegalArgumentException(
                "--dim (" + dim + ") must be a multiple of --heads (" + heads + ")");
          }
          int length = context > 0 ? context : options.length();
          ModelConfig config =
              new ModelConfig(
                  dim,
                  hiddenDim,
                  layers,
                  heads,
                  kvHeads > 0 ? kvHeads : heads,
                  dim / heads,
                  tokens.vocabSize(),
                  length,
                  ROPE_THETA,
                  EPS);
          return Trainer.scratch(config, options);
        });
  }
}
