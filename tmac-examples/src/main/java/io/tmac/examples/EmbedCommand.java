package io.tmac.examples;

import io.tmac.Model;
import io.tmac.quant.cli.Streams;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs {@link EmbedInYourApp}. */
@Command(
    name = "embed",
    description = "Runs EmbedInYourApp, the shortest program: it continues \"Once upon a time\".")
final class EmbedCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private TextModelOrDemo source;

  EmbedCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    PrintStream out = new PrintStream(streams.out(), false, StandardCharsets.UTF_8);
    try (Model model = source.load()) {
      if (source.isDemo()) {
        streams.err().println("note: " + TextModelOrDemo.NOTE);
      }
      EmbedInYourApp.tellStory(model, out);
    }
    out.flush();
    streams.println("");
    return 0;
  }
}
