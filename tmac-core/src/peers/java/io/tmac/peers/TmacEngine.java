package io.tmac.peers;

import io.tmac.Model;
import io.tmac.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;

/** tmac, asked as an application does. Without a tokenizer it knows no end of text. */
final class TmacEngine implements Engine {
  private final Model model;

  TmacEngine(Path file, int threads) throws IOException {
    model = Model.load(file, ModelOptions.DEFAULT.withThreads(threads).withoutTokenizer());
  }

  @Override
  public Pass run(int promptTokens, int newTokens) {
    long[] times = new long[newTokens + 1];
    int[] made = new int[1];
    long start = System.nanoTime();
    model
        .generate(Engine.prompt(promptTokens))
        .maxTokens(times.length)
        .temperature(0)
        .result(token -> {
          times[made[0]++] = System.nanoTime();
          return true;
        });
    Engine.checkCount(made[0], times.length);
    return Pass.of(start, times);
  }
}
