package io.tmac.quant;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * How much room the weights of a model take.
 *
 * @param source the file's name
 * @param format the kind of file, for example {@code "TM2"}
 * @param type the format of most of its weights, for example {@code "ternary_v2"}
 * @param parameters the number of weights; a classifier that is also the embedding counts once
 * @param fileBytes size of the file
 * @param matrixBits bits per weight of the matrices alone, scales included; norms, headers and
 *     tables left out
 */
public record ModelSize(
    String source, String format, String type, long parameters, long fileBytes, double matrixBits) {

  /**
   * Adds up what is in a file.
   *
   * @param inspection what {@link ModelInspector} tells of it
   * @return its size
   */
  public static ModelSize of(Inspection inspection) {
    List<TensorInfo> matrices =
        inspection.tensors().stream().filter(Predicate.not(TensorInfo::isNorm)).toList();
    long bytes = matrices.stream().mapToLong(TensorInfo::bytes).sum();
    long weights = matrices.stream().mapToLong(TensorInfo::elements).sum();
    Map<String, Long> types =
        matrices.stream()
            .collect(
                Collectors.groupingBy(
                    TensorInfo::type, Collectors.summingLong(TensorInfo::elements)));
    String type =
        types.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    return new ModelSize(
        inspection.source(),
        inspection.format(),
        type,
        inspection.parameters(),
        inspection.fileBytes(),
        bits(bytes, weights));
  }

  /**
   * Bits per weight of the whole file, with everything that is in it.
   *
   * @return {@code 8 * fileBytes / parameters}
   */
  public double fileBits() {
    return bits(fileBytes, parameters);
  }

  /**
   * How many times smaller this file is than another.
   *
   * @param reference the other
   * @return its size divided by this one's
   */
  public double ratio(ModelSize reference) {
    return (double) reference.fileBytes / fileBytes;
  }

  private static double bits(long bytes, long weights) {
    return 8.0 * bytes / weights;
  }
}
