package io.tmac.quant.encode;

import io.tmac.format.WeightFormat;
import io.tmac.quant.encode.ErrorMeter.Sums;
import java.util.ArrayList;
import java.util.List;

/**
 * What encoding did to one tensor.
 *
 * @param name its name, for example {@code layers.0.wq}
 * @param format what it has become
 * @param rows its rows
 * @param cols its columns
 * @param bytes its size in the file; a block that it shares counts for the tensor it ends in
 * @param mse mean squared difference
 * @param meanSquare mean square of the values before
 * @param cosine cosine of the angle between the values before and after; NaN if there is none
 */
public record EncodingError(
    String name,
    WeightFormat format,
    int rows,
    int cols,
    long bytes,
    double mse,
    double meanSquare,
    double cosine) {

  /** Puts the chunks of a stack together, in their order, so that rounding is always the same. */
  static List<EncodingError> of(TensorStack stack, WeightFormat format, List<Sums> chunks) {
    Sums[] layers = new Sums[stack.layers().size()];
    for (Sums chunk : chunks) {
      Sums before = layers[chunk.layer()];
      layers[chunk.layer()] = before == null ? chunk : before.plus(chunk);
    }
    List<EncodingError> errors = new ArrayList<>();
    for (int layer = 0; layer < layers.length; layer++) {
      long first = (long) layer * stack.rows();
      long bytes =
          format.byteSize(first + stack.rows(), stack.cols())
              - format.byteSize(first, stack.cols());
      Sums sums = layers[layer];
      errors.add(
          new EncodingError(
              stack.tensor(layer),
              format,
              stack.rows(),
              stack.cols(),
              bytes,
              sums.error() / sums.count(),
              sums.input() / sums.count(),
              sums.product() / Math.sqrt(sums.input() * sums.output())));
    }
    return errors;
  }
}
