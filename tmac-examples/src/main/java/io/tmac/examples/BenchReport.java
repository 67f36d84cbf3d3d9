package io.tmac.examples;

import io.tmac.examples.Benchmark.Measurement;
import io.tmac.examples.Benchmark.Spread;
import io.tmac.quant.cli.Json;
import io.tmac.quant.cli.Streams;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;

/** Prints what {@code bench} has measured. */
final class BenchReport {
  private static final double MEGABYTE = 1e6;

  private BenchReport() {}

  /**
   * One model with one number of threads.
   *
   * @param model what was measured: a file name or a shape
   * @param format the format of the layers
   * @param head the format of the classifier
   * @param kernels the kernel provider
   * @param cpu the processor
   * @param threads compute threads
   * @param firstTokenMillis from the start of the JVM to the first token; only once per JVM
   * @param loadMillis time to load or make the model
   * @param measured the speeds
   * @param together the speed of several streams, if that was asked for
   */
  record Result(
      String model,
      String format,
      String head,
      String kernels,
      String cpu,
      int threads,
      OptionalDouble firstTokenMillis,
      double loadMillis,
      Measurement measured,
      Optional<Together> together) {}

  /**
   * Several streams at the same time.
   *
   * @param streams how many
   * @param decode tokens per second of all of them
   */
  record Together(int streams, Spread decode) {}

  /** Prints one JSON document. */
  static void printJson(Streams streams, List<Result> results) {
    Json.print(
        streams,
        out -> {
          out.writeStartObject();
          out.writeArrayPropertyStart("results");
          results.forEach(result -> write(out, result));
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private static void write(JsonGenerator out, Result result) {
    Measurement measured = result.measured;
    out.writeStartObject();
    out.writeStringProperty("model", result.model);
    out.writeStringProperty("format", result.format);
    out.writeStringProperty("head", result.head);
    out.writeStringProperty("kernels", result.kernels);
    out.writeStringProperty("cpu", result.cpu);
    out.writeNumberProperty("threads", result.threads);
    write(out, "decode", measured.decode());
    write(out, "prefill", measured.prefill());
    // Json writes what is not known as null.
    Json.number(out, "ttftMillis", rounded(result.firstTokenMillis.orElse(Double.NaN)));
    Json.number(out, "loadMillis", rounded(result.loadMillis));
    if (measured.residentBytes().isPresent()) {
      out.writeNumberProperty("rssBytes", measured.residentBytes().getAsLong());
    } else {
      out.writeNullProperty("rssBytes");
    }
    Json.number(out, "allocatedBytesPerToken", rounded(measured.allocatedBytes().median()));
    if (result.together.isPresent()) {
      out.writeNumberProperty("streams", result.together.get().streams);
      write(out, "streamsDecode", result.together.get().decode);
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, String name, Spread speed) {
    out.writeObjectPropertyStart(name);
    Json.number(out, "median", rounded(speed.median()));
    Json.number(out, "min", rounded(speed.min()));
    Json.number(out, "max", rounded(speed.max()));
    out.writeEndObject();
  }

  /** Two decimals: more would be noise. */
  private static double rounded(double value) {
    return Double.isFinite(value) ? Math.round(value * 100) / 100.0 : value;
  }

  /** Prints what all results have in common, and the head of the table. */
  static void printHead(Streams streams, Result result) {
    streams.print(
        String.format(
            Locale.ROOT,
            """
            model    %s, %s, head %s
            kernels  %s
            cpu      %s

            threads %28s %28s %14s %9s %12s %10s
            """,
            result.model,
            result.format,
            result.head,
            result.kernels,
            result.cpu,
            "decode, t/s (min to max)",
            "prefill, t/s (min to max)",
            "first token",
            "load",
            "resident",
            "B/token"));
  }

  /** Prints one line of the table. A dash stands for what is not known. */
  static void printLine(Streams streams, Result result) {
    Measurement measured = result.measured;
    OptionalLong resident = measured.residentBytes();
    streams.println(
        String.format(
            Locale.ROOT,
            "%-7d %28s %28s %14s %9s %12s %10s",
            result.threads,
            text(measured.decode()),
            text(measured.prefill()),
            text(result.firstTokenMillis.orElse(Double.NaN), " ms"),
            text(result.loadMillis, " ms"),
            text(resident.isPresent() ? resident.getAsLong() / MEGABYTE : Double.NaN, " MB"),
            text(measured.allocatedBytes().median(), "")));
    result.together.ifPresent(together ->
        streams.println(
            String.format(
                Locale.ROOT,
                "  %d streams together: %s t/s, %.2f times one",
                together.streams,
                text(together.decode),
                together.decode.median() / measured.decode().median())));
  }

  private static String text(Spread speed) {
    return String.format(
        Locale.ROOT, "%.1f (%.1f to %.1f)", speed.median(), speed.min(), speed.max());
  }

  private static String text(double value, String unit) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.0f%s", value, unit) : "-";
  }
}
