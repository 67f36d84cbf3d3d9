package io.tmac.quant;

import io.tmac.format.Matrix;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  private static final Pattern NO_MATRIX = Pattern.compile("(norm|norm\\.weight|bias)$");
  private static final Pattern OF_A_LAYER = Pattern.compile("layers\\.(\\d{1,9})\\.(.+)");

  static TensorInfo of(Matrix matrix) {
    return new TensorInfo(
        matrix.name(), matrix.format().id(), matrix.rows(), matrix.cols(), matrix.bytes());
  }

  /** The same tensor under another name. */
  TensorInfo named(String other) {
    return new TensorInfo(other, type, rows, cols, bytes);
  }

  /**
   * The number of values.
   *
   * @return {@code rows * cols}
   */
  public long elements() {
    return (long) rows * cols;
  }

  /**
   * What the tensor is for, in any layer.
   *
   * @return the name without its layer, for example {@code "wq"} for {@code "layers.3.wq"}
   */
  public String kind() {
    Matcher matcher = OF_A_LAYER.matcher(name);
    return matcher.matches() ? matcher.group(2) : name;
  }

  /**
   * The layer that the tensor belongs to.
   *
   * @return its number from 0, or empty if it belongs to none
   */
  public OptionalInt layer() {
    Matcher matcher = OF_A_LAYER.matcher(name);
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /**
   * Whether it is the scale of a norm or a bias, which quantisers leave alone, and not a matrix.
   *
   * @return whether it has one row and its name ends so
   */
  public boolean isNorm() {
    return rows == 1 && NO_MATRIX.matcher(name).find();
  }
}
