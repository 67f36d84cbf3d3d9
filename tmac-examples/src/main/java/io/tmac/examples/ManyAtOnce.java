package io.tmac.examples;

import io.tmac.BatchedStream;
import io.tmac.Batcher;
import io.tmac.BatcherOptions;
import io.tmac.GeneratedToken;
import io.tmac.Model;
import io.tmac.gateway.DemoModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Several stories at the same time, each written for a client with a thread of its own. */
public final class ManyAtOnce {
  private static final List<String> BEGINNINGS =
      List.of("Once upon a time", "One day", "Lily was", "The dog", "Tom and Sam");

  private ManyAtOnce() {}

  /**
   * Prints stories.
   *
   * @param args the path of a model, or nothing for the demo model
   * @throws IOException if it cannot be read
   */
  public static void main(String[] args) throws IOException {
    try (Model model = args.length == 0 ? DemoModel.load() : Model.load(Path.of(args[0]))) {
      System.err.println("model   " + model.info().source());
      tellStories(model, System.out);
    }
  }

  static void tellStories(Model model, PrintStream out) {
    // Closed in reverse order: the clients are done before the batcher ends.
    try (Batcher batcher = Batcher.of(model, BatcherOptions.DEFAULT);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String beginning : BEGINNINGS) {
        clients.execute(() -> {
          StringBuilder story = new StringBuilder(beginning);
          try (BatchedStream stream = batcher.stream(model.generate(beginning).maxTokens(64))) {
            for (GeneratedToken token : stream) {
              story.append(token.text());
            }
          }
          out.println(story);
        });
      }
    }
  }
}
