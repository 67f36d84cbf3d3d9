package io.tmac.quant.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PairwiseSumTest {

  /** Values over 12 decades whose sum and mean numpy 2.4.2 has computed, as bits. */
  @ParameterizedTest
  @CsvSource({
    "1, 00000000, 00000000",
    "7, 4f04a804, 4d979b72",
    "8, 4f054f0d, 4d854f0d",
    "9, 4f0640c9, 4d6eac10",
    "15, 4f06b767, 4d0fb290",
    "127, 5050ba88, 4cd25f47",
    "128, 5052b09d, 4cd2b09d",
    "129, 5052e817, 4cd1458c",
    "136, 505429c0, 4cc7aed3",
    "137, 505429dc, 4cc639cc",
    "1000, 51b4f06c, 4cb9481d",
    "4096, 52c3eac4, 4cc3eac4",
    "8191, 53461c86, 4cc622b7",
    "8193, 53461c87, 4cc61656",
    "100000, 55190a79, 4cc89802",
    "1000003, 56be8cd6, 4cc7ce43"
  })
  void hasTheBitsOfNumpy(int n, String sum, String mean) throws IOException {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = Math.scalb((float) (i * 2654435761L & 0xffffffffL), -(i % 41));
    }
    assertThat(bits(PairwiseSum.of(values, 0, n))).isEqualTo(sum);
    assertThat(bits(PairwiseSum.mean(values, n))).isEqualTo(mean);
    assertThat(bits(inParts(values, 2, 1000))).isEqualTo(sum);
  }

  @Property(tries = 500)
  void followsTheDefinition(@ForAll @IntRange(max = 5000) int n, @ForAll long seed) {
    float[] values = random(n, seed);
    assertThat(PairwiseSum.of(values, 0, n)).isEqualTo(defined(values, 0, n));
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 129, 1000, 4096, 8192, 65536})
  void isTheSameInPartsOnAnyNumberOfThreads(int leaf) throws IOException {
    for (int n : new int[] {0, 1, 127, 128, 129, 8191, 8192, 8193, 65537, 300_001}) {
      float[] values = random(n, n);
      for (int threads = 1; threads <= 3; threads++) {
        assertThat(inParts(values, threads, leaf))
            .as("%d values on %d threads", n, threads)
            .isEqualTo(defined(values, 0, n));
      }
    }
  }

  /** More numbers than an array holds: as many ones, and 2^33 is exact. */
  @ParameterizedTest
  @ValueSource(longs = {1L << 31, (1L << 33) + (1L << 12)})
  void addsUpMoreThanAnArrayHolds(long n) throws IOException {
    try (Workers workers = new Workers(2)) {
      assertThat(PairwiseSum.of(n, 1 << 24, (from, count) -> count, workers)).isEqualTo((float) n);
    }
  }

  @Test
  void theMeanOfManyNumbersIsDividedInDouble() {
    // As floats, 2^25 + 1 would be 2^25, and the mean 1.
    assertThat(PairwiseSum.mean(0x1p25f, (1L << 25) + 1))
        .isEqualTo((float) (0x1p25 / ((1L << 25) + 1)));
  }

  private static float inParts(float[] values, int threads, int leaf) throws IOException {
    try (Workers workers = new Workers(threads)) {
      return PairwiseSum.of(
          values.length, leaf, (from, count) -> PairwiseSum.of(values, (int) from, count), workers);
    }
  }

  /** The recursion as numpy's source states it, without any concern for speed. */
  private static float defined(float[] a, int from, int n) {
    if (n < 8) {
      float sum = 0;
      for (int i = 0; i < n; i++) {
        sum += a[from + i];
      }
      return sum;
    }
    if (n <= 128) {
      float[] r = Arrays.copyOfRange(a, from, from + 8);
      int i = 8;
      for (; i < n - n % 8; i++) {
        r[i % 8] += a[from + i];
      }
      float sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
      for (; i < n; i++) {
        sum += a[from + i];
      }
      return sum;
    }
    int half = n / 2;
    half -= half % 8;
    return defined(a, from, half) + defined(a, from + half, n - half);
  }

  private static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(12) - 6));
    }
    return values;
  }

  private static String bits(float value) {
    return String.format("%08x", Float.floatToRawIntBits(value));
  }
}
