package io.tmac.examples;

import io.tmac.quant.cli.Streams;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs {@link EmbedInYourApp}. */
@Command(
    name = "embed",
    description = "Runs EmbedInYourApp, the shortest program: it continues \"Once upon a time\".")
final class EmbedCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(
      paramLabel = "MODEL",
      description = "A model file, or a folder that holds exactly one.")
  private Path model;

  EmbedCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    PrintStream out = new PrintStream(streams.out(), false, StandardCharsets.UTF_8);
    EmbedInYourApp.tellStory(model, out);
    out.flush();
    streams.println("");
    return 0;
  }
}
