package io.tmac.quant;

/**
 * How far a tensor {@code w} of {@code n} values is from its reference {@code r}. All sums are
 * {@code double}. A number that is not defined, or that follows from a NaN in a file, is NaN.
 *
 * @param name the tensor's name
 * @param reference the tensor of the reference
 * @param model the tensor of the model. Only the names of classifiers differ: where one file has an
 *     {@code output} of its own and the other does not, the other's is its embedding
 * @param mse mean squared error, {@code sum (w - r)^2 / n}
 * @param relativeError root of the mean squared error relative to that of the reference's values,
 *     {@code sqrt(sum (w - r)^2 / sum r^2)}; 0 if all values are equal
 * @param sqnr signal to quantisation noise, {@code 10 log10(sum r^2 / sum (w - r)^2)}, in dB;
 *     infinite if all values are equal
 * @param cosine cosine similarity, {@code sum w r / sqrt(sum w^2 * sum r^2)}; 1 if both are zero
 *     throughout, NaN if one is
 * @param maxError largest absolute error, {@code max |w - r|}
 */
public record TensorError(
    String name,
    TensorInfo reference,
    TensorInfo model,
    double mse,
    double relativeError,
    double sqnr,
    double cosine,
    double maxError) {

  /**
   * Whether one file shares its classifier with the embedding and the other does not, so that
   * tensors of different names are compared.
   *
   * @return whether the names differ
   */
  public boolean sharedInOneFile() {
    return !reference.name().equals(model.name());
  }
}
