package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelConfig;
import io.tmac.TmacException;
import io.tmac.examples.Benchmark.Spread;
import io.tmac.format.F32;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.quant.cli.Streams;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class BenchCommandTest {

  @Test
  void printsOneJsonDocument() {
    // Just as much as the context holds.
    Console.Result result =
        Console.run(
            "bench", "-m", model(), "-p", 500, "-n", 12, "-r", 2, "--threads", "1,2", "--json");
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    assertThat(result.out()).hasLineCount(1);
    JsonNode document = new ObjectMapper().readTree(result.out());
    assertThat(document.propertyNames()).containsExactly("results");
    JsonNode results = document.get("results");
    assertThat(results).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonNode one = results.get(i);
      assertThat(one.propertyNames())
          .containsExactly(
              "model",
              "format",
              "head",
              "kernels",
              "cpu",
              "threads",
              "decode",
              "prefill",
              "ttftMillis",
              "loadMillis",
              "rssBytes",
              "allocatedBytesPerToken");
      assertThat(one.get("model").stringValue()).isEqualTo("stories260K.bin");
      assertThat(one.get("format").stringValue()).isEqualTo("f32");
      assertThat(one.get("head").stringValue()).isEqualTo("f32");
      assertThat(one.get("kernels").stringValue()).isEqualTo("vector");
      assertThat(one.get("cpu").stringValue()).isNotBlank();
      assertThat(one.get("threads").intValue()).isEqualTo(i + 1);
      for (String speed : new String[] {"decode", "prefill"}) {
        assertThat(one.get(speed).propertyNames()).containsExactly("median", "min", "max");
        double median = one.get(speed).get("median").doubleValue();
        assertThat(one.get(speed).get("min").doubleValue())
            .isPositive()
            .isLessThanOrEqualTo(median);
        assertThat(one.get(speed).get("max").doubleValue()).isGreaterThanOrEqualTo(median);
      }
      assertThat(one.get("loadMillis").doubleValue()).isPositive();
      assertThat(one.get("allocatedBytesPerToken").doubleValue()).isNotNegative();
      assertThat(one.get("rssBytes").isIntegralNumber() || one.get("rssBytes").isNull()).isTrue();
    }
    assertThat(results.get(0).get("ttftMillis").doubleValue()).isPositive();
    assertThat(results.get(1).get("ttftMillis").isNull()).as("the JVM is no longer fresh").isTrue();
  }

  @Test
  void printsATableForReaders() {
    Console.Result result =
        Console.run("bench", "-m", model(), "-p", 4, "-n", 3, "-r", 1, "--threads", 1);
    assertThat(result.status()).isZero();
    assertThat(result.out())
        .startsWith("model    stories260K.bin, f32, head f32\nkernels  vector\ncpu      ")
        .containsPattern("(?m)^threads +decode, t/s .* first token .* resident +B/token$")
        .containsPattern("(?m)^1 +[\\d.]+ \\([\\d.]+ to [\\d.]+\\) .* \\d+ ms +\\d+ ms .*$");
  }

  @Test
  void measuresStreamsTogether() {
    Console.Result result =
        Console.run(
            "bench", "-m", model(), "-p", 4, "-n", 3, "-r", 2, "--threads", 1, "--streams", 5);
    assertThat(result.status()).isZero();
    assertThat(result.out())
        .containsPattern("(?m)^  5 streams together: [\\d.]+ \\(.*\\) t/s, [\\d.]+ times one$");
    result =
        Console.run(
            "bench",
            "-m",
            model(),
            "-p",
            4,
            "-n",
            3,
            "-r",
            1,
            "--threads",
            1,
            "--streams",
            2,
            "--json");
    assertThat(result.out()).contains("\"streams\"").contains("\"streamsDecode\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bench -p 0",
        "bench --format f32",
        "bench --head f32",
        "bench -m missing.bin --shape 110M --format f32",
        "bench -m missing.bin --format f32",
        "bench -m missing.bin --head f32",
        "bench --shape 110M",
        "bench --shape 7B --format f32",
        "bench --shape 110M --format int8",
        "bench --shape 110M --format f32 --head ternary_v1",
        "bench --shape 110M --format f32 -p 1000 -n 25",
        "bench -m missing.bin -p 0",
        "bench -m missing.bin -n 0",
        "bench -m missing.bin -r 0",
        "bench -m missing.bin --threads 0",
        "bench -m missing.bin --streams 0",
        "bench -m missing.bin --streams 65",
        "bench --shape 110M --format ternary_v2 -p 200 -n 700 --streams 64",
        "bench -m missing.bin --threads 1,many",
        "bench -m missing.bin --threads 257"
      })
  void usageErrorsEndWith2(String line) {
    Console.Result result = Console.run((Object[]) line.split(" "));
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("error: ").contains("Usage: tmac-examples bench");
  }

  @Test
  void theContextOfAFileIsRespected() {
    Console.Result result = Console.run("bench", "-m", model(), "-p", 500, "-n", 13, "--json");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("-p 500 and -n 13 do not fit: the context has 512 tokens");
  }

  @Test
  void aMissingFileIsNoUsageError() {
    Console.Result result = Console.run("bench", "-m", "missing.bin");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err()).startsWith("error: missing.bin: ").hasLineCount(1);
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetween() {
    assertThat(Spread.of(4, 1, 3, 8)).isEqualTo(new Spread(3.5, 1, 8));
    assertThat(Spread.of(4, 1, 3)).isEqualTo(new Spread(3, 1, 4));
  }

  @Test
  void shapesHaveTheSizeOfTheirName() {
    WeightFormat floats = new F32();
    assertThat(parameters("110M")).isBetween(109_000_000L, 110_000_000L);
    assertThat(parameters("1B")).isBetween(1_030_000_000L, 1_040_000_000L);
    assertThat(parameters("2B")).isBetween(2_400_000_000L, 2_420_000_000L);
    ModelConfig small = BenchModels.shape("110M");
    assertThat(BenchModels.bytes(small, floats, new TernaryV2()))
        .isEqualTo(BenchModels.bytes(small, floats, floats) + 32_000 * (2 + 768 / 4));
  }

  @Test
  void saysHowMuchMemoryIsMissing() {
    BenchCommand command =
        new BenchCommand(
            new Streams(new ByteArrayInputStream(new byte[0]), System.out, System.err));
    command.checkMemory(1_000_000_000, OptionalLong.of(1_000_000_000));
    command.checkMemory(1_000_000_000, OptionalLong.empty());
    assertThatThrownBy(() -> command.checkMemory(9_640_000_000L, OptionalLong.of(3_000_000_000L)))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("needs about 9.6 GB; 3.0 GB are free");
  }

  private static long parameters(String shape) {
    return BenchModels.bytes(BenchModels.shape(shape), new F32(), new F32()) / Float.BYTES;
  }

  private static Path model() {
    return Shared.path("models/stories260K/stories260K.bin");
  }
}
