package io.tmac.examples;

import io.tmac.BatchedGeneration;
import io.tmac.Batcher;
import io.tmac.BatcherOptions;
import io.tmac.GeneratedToken;
import io.tmac.Model;
import io.tmac.TokenListener;
import io.tmac.examples.Benchmark.Spread;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures how many tokens per second several streams make together in a {@link Batcher}, while all
 * of them decode.
 */
final class StreamsBenchmark {
  /** As many tokens as streams fit into a pass beside those of a prompt. */
  static final int MAX_STREAMS = BatcherOptions.MAX_SLOTS / 2;

  /** Tokens of a pass that computes prompts. */
  private static final int CHUNK = 64;

  private final Model model;
  private final int streams;
  private final int promptTokens;
  private final int newTokens;

  private StreamsBenchmark(Model model, int streams, int promptTokens, int newTokens) {
    this.model = model;
    this.streams = streams;
    this.promptTokens = promptTokens;
    this.newTokens = newTokens;
  }

  /**
   * The most tokens that a stream may have in the end: the first one goes on while the prompts of
   * the others are computed.
   */
  static long tokens(int streams, int promptTokens, int newTokens) {
    return promptTokens + newTokens + Math.ceilDiv((long) streams * promptTokens, CHUNK) + 1;
  }

  /**
   * Measures a model, once it is warm.
   *
   * @param model a model without a tokenizer, so that no token ends a text
   * @param streams from 1 to {@link #MAX_STREAMS}
   * @param promptTokens tokens of each prompt, at least 1
   * @param newTokens tokens to decode in each stream, at least 1
   * @param repetitions at least 1
   * @return tokens per second of all streams together
   */
  static Spread measure(
      Model model, int streams, int promptTokens, int newTokens, int repetitions) {
    StreamsBenchmark benchmark = new StreamsBenchmark(model, streams, promptTokens, newTokens);
    benchmark.repeat();
    double[] speeds = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      speeds[i] = benchmark.repeat();
    }
    return Spread.of(speeds);
  }

  private double repeat() {
    Window window = new Window();
    BatcherOptions options =
        BatcherOptions.DEFAULT.withSlots(streams).withPrefillChunk(CHUNK).withPrefixTokens(0);
    try (Batcher batcher = Batcher.of(model, options)) {
      int maxTokens = (int) tokens(streams, promptTokens, newTokens) - promptTokens;
      List<BatchedGeneration> all = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        all.add(
            batcher.submit(
                model.generate(prompt(i)).temperature(0).maxTokens(maxTokens), window.listener()));
      }
      all.forEach(BatchedGeneration::result);
    }
    return window.tokensPerSecond();
  }

  /** Prompts that do not begin alike. */
  private int[] prompt(int stream) {
    int vocabSize = model.info().config().vocabSize();
    int[] prompt = new int[promptTokens];
    for (int i = 0; i < promptTokens; i++) {
      prompt[i] = (int) ((1 + 37L * i + 101L * stream) % vocabSize);
    }
    return prompt;
  }

  /** The time from the first token of the last stream on. Its listeners share a thread. */
  private final class Window {
    private int begun;
    private int tokens;
    private long start;
    private long end;

    TokenListener listener() {
      return new TokenListener() {
        private boolean first = true;

        @Override
        public boolean onToken(GeneratedToken token) {
          if (begun == streams) {
            tokens++;
          } else if (first && ++begun == streams) {
            start = System.nanoTime();
          }
          first = false;
          if (tokens == streams * newTokens) {
            end = System.nanoTime();
          }
          return end == 0;
        }
      };
    }

    double tokensPerSecond() {
      return (double) streams * newTokens * 1e9 / (end - start);
    }
  }
}
