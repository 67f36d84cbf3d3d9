package io.tmac.quant;

import io.tmac.ModelConfig;
import java.util.List;

/**
 * What is in a model file.
 *
 * @param source the file's name
 * @param format the kind of file, for example {@code "TM2"}
 * @param architecture the family of models, for example {@code "llama"}
 * @param config the model's shape
 * @param tensors all tensors in file order; tables that are computed instead are left out
 * @param fileBytes size of the file
 */
public record Inspection(
    String source,
    String format,
    String architecture,
    ModelConfig config,
    List<TensorInfo> tensors,
    long fileBytes) {

  /** Makes the list immutable. */
  public Inspection {
    tensors = List.copyOf(tensors);
  }

  /**
   * The number of weights in the file; a classifier that is also the embedding counts once.
   *
   * @return the sum over all tensors
   */
  public long parameters() {
    return tensors.stream().mapToLong(TensorInfo::elements).sum();
  }
}
