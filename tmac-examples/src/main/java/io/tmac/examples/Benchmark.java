package io.tmac.examples;

import com.sun.management.ThreadMXBean;
import io.tmac.Model;
import io.tmac.TokenStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Measures how fast a model runs, as an application sees it, the choice of the most likely token
 * included. A repetition is a new session, a prompt, and the tokens behind it.
 */
final class Benchmark {

  // Warm-up ends when three repetitions in a row agree, not before three seconds, in which kernels
  // are compiled and take over from plain loops, and not after fifteen.
  private static final int AGREEING = 3;
  private static final long MIN_WARM_UP_NANOS = 3_000_000_000L;
  private static final long MAX_WARM_UP_NANOS = 15_000_000_000L;
  private static final double AGREEMENT = 0.03;

  private final Model model;
  private final int[] prompt;
  private final int newTokens;
  private final ThreadMXBean threads;

  /**
   * The spread of one figure over all repetitions.
   *
   * @param median of them
   * @param min the smallest
   * @param max the largest
   */
  record Spread(double median, double min, double max) {

    static Spread of(double... values) {
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      int middle = sorted.length / 2;
      double median =
          sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
      return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }
  }

  /**
   * What has been measured.
   *
   * @param prefill tokens of the prompt per second, the choice of the first token included
   * @param decode tokens behind the first per second
   * @param allocatedBytes heap that all threads together allocated per decoded token; NaN if the
   *     JVM does not tell
   * @param residentBytes memory of the process after the last token, if the platform tells
   */
  record Measurement(
      Spread prefill, Spread decode, Spread allocatedBytes, OptionalLong residentBytes) {}

  /** One repetition: tokens per second, and bytes per decoded token. */
  private record Repetition(double prefill, double decode, double allocatedBytes) {

    boolean agreesWith(Repetition other) {
      return agree(prefill, other.prefill) && agree(decode, other.decode);
    }

    private static boolean agree(double a, double b) {
      return Math.abs(a - b) <= AGREEMENT * Math.max(a, b);
    }
  }

  private Benchmark(Model model, int promptTokens, int newTokens) {
    this.model = model;
    this.newTokens = newTokens;
    int vocabSize = model.info().config().vocabSize();
    prompt = IntStream.range(0, promptTokens).map(i -> (int) ((1 + 37L * i) % vocabSize)).toArray();
    threads =
        ManagementFactory.getThreadMXBean() instanceof ThreadMXBean bean
                && bean.isThreadAllocatedMemorySupported()
                && bean.isThreadAllocatedMemoryEnabled()
            ? bean
            : null;
  }

  /**
   * Measures a model, once it is warm.
   *
   * @param model a model without a tokenizer, so that no token ends the text
   * @param promptTokens tokens of the prompt, at least 1
   * @param newTokens tokens to decode behind the first, at least 1
   * @param repetitions at least 1
   */
  static Measurement measure(Model model, int promptTokens, int newTokens, int repetitions) {
    Benchmark benchmark = new Benchmark(model, promptTokens, newTokens);
    benchmark.warmUp();
    double[] prefill = new double[repetitions];
    double[] decode = new double[repetitions];
    double[] allocated = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      Repetition repetition = benchmark.repeat();
      prefill[i] = repetition.prefill;
      decode[i] = repetition.decode;
      allocated[i] = repetition.allocatedBytes;
    }
    OptionalLong residentBytes = ProcessMemory.residentBytes();
    return new Measurement(
        Spread.of(prefill), Spread.of(decode), Spread.of(allocated), residentBytes);
  }

  private void warmUp() {
    long start = System.nanoTime();
    Repetition last = repeat();
    int agreeing = 1;
    while (true) {
      Repetition next = repeat();
      agreeing = next.agreesWith(last) ? agreeing + 1 : 1;
      long nanos = System.nanoTime() - start;
      if (nanos >= MAX_WARM_UP_NANOS || (nanos >= MIN_WARM_UP_NANOS && agreeing >= AGREEING)) {
        return;
      }
      last = next;
    }
  }

  private Repetition repeat() {
    try (TokenStream stream =
        model.generate(prompt).maxTokens(newTokens + 1).temperature(0).stream()) {
      long start = System.nanoTime();
      stream.next();
      long prefill = System.nanoTime() - start;
      long allocated = allocatedBytes();
      start = System.nanoTime();
      for (int i = 0; i < newTokens; i++) {
        stream.next();
      }
      long decode = System.nanoTime() - start;
      allocated = allocatedBytes() - allocated;
      return new Repetition(
          prompt.length * 1e9 / prefill,
          newTokens * 1e9 / decode,
          threads == null ? Double.NaN : (double) allocated / newTokens);
    }
  }

  /** Heap that all threads have allocated so far. */
  private long allocatedBytes() {
    return threads == null ? 0 : threads.getTotalThreadAllocatedBytes();
  }
}
