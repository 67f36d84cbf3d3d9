package io.tmac.peers;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.Sampler;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** java-llama.cpp: llama.cpp through JNI. It takes text and streams one piece of text per token. */
final class LlamaCppEngine implements Engine {
  /** Special and byte tokens: text that is not yet valid UTF-8 would be held back. */
  private static final List<Integer> NO_TEXT = IntStream.range(0, 259).boxed().toList();

  private final LlamaModel model;

  LlamaCppEngine(Path file, int threads) {
    model =
        new LlamaModel(
            new ModelParameters()
                .setModel(file.toString())
                .setCtxSize(512)
                .setThreads(threads)
                .setThreadsBatch(threads));
  }

  @Override
  public Pass run(int promptTokens, int newTokens) {
    long[] times = new long[newTokens + 1];
    int made = 0;
    InferenceParameters request =
        new InferenceParameters(text(promptTokens - 1)) // BOS is put in front of it.
            .setNPredict(times.length)
            .setSamplers(Sampler.TOP_K)
            .setTopK(1)
            .setTemperature(0)
            .setCachePrompt(false)
            .setIgnoreEos(true)
            .disableTokenIds(NO_TEXT);
    long start = System.nanoTime();
    for (LlamaOutput output : model.generate(request)) {
      if (!output.text.isEmpty()) { // The end is an output of its own.
        times[made++] = System.nanoTime();
      }
    }
    Engine.checkCount(made, times.length);
    return Pass.of(start, times);
  }

  /** A text of so many tokens. Digits rarely merge, so that any number can be met. */
  private String text(int tokens) {
    StringBuilder text = new StringBuilder();
    int count;
    do {
      text.append(text.length() % 10);
      count = model.encode(text.toString()).length;
    } while (count < tokens);
    if (count != tokens) {
      throw new IllegalStateException("no text of digits has " + tokens + " tokens");
    }
    return text.toString();
  }
}
