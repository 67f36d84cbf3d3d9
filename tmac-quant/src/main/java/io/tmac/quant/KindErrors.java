package io.tmac.quant;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The errors of the tensors of one kind, for example of {@code wq} in all layers. The means are
 * over tensors.
 *
 * @param kind what the tensors are for, see {@link TensorInfo#kind()}
 * @param tensors how many there are
 * @param relativeError mean of {@link TensorError#relativeError()}
 * @param sqnr mean of {@link TensorError#sqnr()}, in dB
 * @param cosine mean of {@link TensorError#cosine()}
 * @param minCosine the least {@link TensorError#cosine()}
 * @param worst the tensor with the largest relative error, the first of several
 */
public record KindErrors(
    String kind,
    int tensors,
    double relativeError,
    double sqnr,
    double cosine,
    double minCosine,
    TensorError worst) {

  /**
   * Gathers tensors by kind.
   *
   * @param errors errors of tensors
   * @return one summary per kind, in the order in which the kinds appear
   */
  public static List<KindErrors> of(List<TensorError> errors) {
    Map<String, List<TensorError>> kinds =
        errors.stream()
            .collect(
                Collectors.groupingBy(
                    error -> error.sharedInOneFile() ? error.name() : error.reference().kind(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    return kinds.entrySet().stream().map(kind -> of(kind.getKey(), kind.getValue())).toList();
  }

  private static KindErrors of(String kind, List<TensorError> errors) {
    Comparator<TensorError> byError = Comparator.comparingDouble(TensorError::relativeError);
    return new KindErrors(
        kind,
        errors.size(),
        mean(errors, TensorError::relativeError),
        mean(errors, TensorError::sqnr),
        mean(errors, TensorError::cosine),
        errors.stream().mapToDouble(TensorError::cosine).min().orElseThrow(),
        errors.stream().reduce((a, b) -> byError.compare(b, a) > 0 ? b : a).orElseThrow());
  }

  private static double mean(List<TensorError> errors, ToDoubleFunction<TensorError> number) {
    return errors.stream().mapToDouble(number).sum() / errors.size();
  }
}
