package io.tmac.quant;

import java.util.Arrays;

/**
 * How the values of many positions are spread. A NaN among them counts as the largest.
 *
 * @param mean their mean
 * @param median the 50th percentile
 * @param p99 the 99th percentile
 * @param max the largest
 */
public record Spread(double mean, double median, double p99, double max) {

  /**
   * Summarises values. Percentiles between two values are interpolated linearly, as numpy does.
   *
   * @param values at least one; sorted by this method
   */
  static Spread of(double[] values) {
    Arrays.sort(values);
    return new Spread(
        Arrays.stream(values).sum() / values.length,
        percentile(values, 0.5),
        percentile(values, 0.99),
        values[values.length - 1]);
  }

  private static double percentile(double[] sorted, double share) {
    double index = share * (sorted.length - 1);
    int below = (int) index;
    double low = sorted[below];
    double high = sorted[Math.min(below + 1, sorted.length - 1)];
    double between = index - below;
    return between == 0 || low == high ? low : low + between * (high - low);
  }
}
