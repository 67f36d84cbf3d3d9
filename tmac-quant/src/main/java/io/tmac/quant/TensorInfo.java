package io.tmac.quant;

import io.tmac.format.Matrix;

/**
 * What a model file says of one tensor.
 *
 * @param name its name; {@link io.tmac.quant.Dequantizer} takes it
 * @param type the format of its values, for example {@code "f32"} or {@code "ternary_v2"}
 * @param rows number of rows (outputs); 1 for a vector
 * @param cols number of columns (inputs)
 * @param bytes its size in the file. Where a tensor begins or ends inside a block, the block that
 *     it shares counts once, for the tensor it ends in
 */
public record TensorInfo(String name, String type, int rows, int cols, long bytes) {

  static TensorInfo of(Matrix matrix) {
    return new TensorInfo(
        matrix.name(), matrix.format().id(), matrix.rows(), matrix.cols(), matrix.bytes());
  }

  /**
   * The number of values.
   *
   * @return {@code rows * cols}
   */
  public long elements() {
    return (long) rows * cols;
  }
}
