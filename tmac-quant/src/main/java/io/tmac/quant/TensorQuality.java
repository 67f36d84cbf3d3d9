package io.tmac.quant;

/**
 * How well a written tensor stands for the original one, from its codes and stored scales.
 *
 * @param name the tensor's name by what it is for: {@code layers.0.wq}
 * @param type the format that it has now, for example {@code "q4_0"}
 * @param fallback whether that is not the format that was asked for, as its columns do not fit
 * @param rows number of rows
 * @param cols number of columns
 * @param bytes its size in the file; see {@link TensorInfo#bytes}
 * @param mse mean squared difference
 * @param meanSquare mean square of the original values
 * @param cosine cosine of the angle between both as vectors; NaN if one of them is all zeros
 */
public record TensorQuality(
    String name,
    String type,
    boolean fallback,
    int rows,
    int cols,
    long bytes,
    double mse,
    double meanSquare,
    double cosine) {

  /**
   * The number of values.
   *
   * @return {@code rows * cols}
   */
  public long elements() {
    return (long) rows * cols;
  }

  /**
   * The error relative to the values.
   *
   * @return {@code sqrt(mse / meanSquare)}: 0 is exact, 1 as bad as zeros
   */
  public double relativeRmse() {
    return mse == 0 ? 0 : Math.sqrt(mse / meanSquare);
  }

  /**
   * The signal-to-noise ratio.
   *
   * @return {@code 10 log10(meanSquare / mse)} in decibels; infinite if exact
   */
  public double sqnr() {
    return mse == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(meanSquare / mse);
  }
}
