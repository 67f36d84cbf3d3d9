package io.tmac.examples;

import io.tmac.Generation;
import io.tmac.ModelInfo;
import java.io.PrintStream;
import java.util.Locale;

/** What a command reports on standard error, unless it is to be quiet. */
final class Statistics {
  private static final double MEGABYTE = 1e6;

  private Statistics() {}

  /** Prints which model runs, and how. */
  static void print(PrintStream err, ModelInfo model, long loadNanos) {
    String width = model.vectorBits() > 0 ? " of " + model.vectorBits() + " bits" : "";
    err.println(
        String.format(
            Locale.ROOT,
            "model   %s, %s, %s kernels%s, %d threads; loaded in %.2f s",
            model.container(),
            model.format(),
            model.kernels(),
            width,
            model.threads(),
            loadNanos / 1e9));
  }

  /** Prints how a generation went. */
  static void print(PrintStream err, Generation generation, long firstTokenNanos) {
    err.println("seed    " + generation.seed());
    err.println(
        String.format(
            Locale.ROOT,
            "prompt  %d tokens, first token after %.0f ms",
            generation.promptTokens(),
            firstTokenNanos / 1e6));
    err.println(
        String.format(
            Locale.ROOT,
            "text    %d tokens, %.1f tokens/s, ended by %s",
            generation.generatedTokens(),
            generation.tokensPerSecond(),
            generation.finishReason().name().toLowerCase(Locale.ROOT)));
    ProcessMemory.residentBytes()
        .ifPresent(
            bytes -> err.println(String.format(Locale.ROOT, "memory  %.0f MB", bytes / MEGABYTE)));
  }

  /** Prints how a turn of a conversation went. */
  static void printTurn(PrintStream err, Generation generation) {
    err.println(
        String.format(
            Locale.ROOT,
            "%d prompt tokens in %.0f ms; %d tokens, %.1f tokens/s, ended by %s; seed %d",
            generation.promptTokens(),
            generation.promptTime().toNanos() / 1e6,
            generation.generatedTokens(),
            generation.tokensPerSecond(),
            generation.finishReason().name().toLowerCase(Locale.ROOT),
            generation.seed()));
  }
}
