package io.tmac.quant.encode;

import io.tmac.ModelFormatException;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The matrices of one kind of all layers as one flat array of floats: layer after layer, row after
 * row. A matrix that stands alone is a stack of one layer. Safe for use by many threads.
 *
 * @param name the kind, for example {@code wq}
 * @param layers the matrices, all of one shape {@code [rows x cols]}
 * @param source the model, which faults are reported for
 */
public record TensorStack(String name, List<Matrix> layers, SourceModel source) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int INFINITY = 0x7f80_0000;
  private static final int MAGNITUDE = 0x7fff_ffff;

  /** Makes the list immutable. */
  public TensorStack {
    layers = List.copyOf(layers);
  }

  /** Rows of one layer. */
  public int rows() {
    return layers.getFirst().rows();
  }

  /** Columns of all layers. */
  public int cols() {
    return layers.getFirst().cols();
  }

  /** Rows of all layers together. */
  public long allRows() {
    return (long) layers.size() * rows();
  }

  /** Elements of one layer. */
  public long layerElements() {
    return (long) rows() * cols();
  }

  /** Elements of all layers. */
  public long elements() {
    return layers.size() * layerElements();
  }

  /** The layer that an element belongs to. */
  public int layerOf(long element) {
    return (int) (element / layerElements());
  }

  /** The name of the tensor of one layer, as reports print it. */
  public String tensor(int layer) {
    return layers.get(layer).name();
  }

  /** The layer that a tensor belongs to. */
  public int indexOf(String tensor) {
    for (int layer = 0; layer < layers.size(); layer++) {
      if (tensor(layer).equals(tensor)) {
        return layer;
      }
    }
    throw new IllegalArgumentException(name + " has no " + tensor);
  }

  /**
   * Reads elements, which may run over rows and layers.
   *
   * @param from the first element
   * @param count how many
   * @param out receives them from index 0
   * @throws ModelFormatException naming the first NaN or infinity among them
   */
  public void read(long from, int count, float[] out) {
    float[] row = {};
    for (int at = 0; at < count; ) {
      int layer = layerOf(from + at);
      Matrix matrix = layers.get(layer);
      long element = from + at - layer * layerElements();
      if (matrix.format() instanceof F32) {
        int run = (int) Math.min(count - at, layerElements() - element);
        copy(matrix, element, run, out, at);
        at += run;
      } else {
        row = row.length == 0 ? new float[cols()] : row;
        int col = (int) (element % cols());
        int run = Math.min(count - at, cols() - col);
        matrix.decodeRow((int) (element / cols()), row);
        System.arraycopy(row, col, out, at, run);
        at += run;
      }
    }
    if (!allFinite(out, count)) {
      throw firstFault(from, count, out);
    }
  }

  private static void copy(Matrix matrix, long element, int count, float[] out, int at) {
    long offset = (matrix.firstRow() * matrix.cols() + element) * Float.BYTES;
    MemorySegment.copy(matrix.data(), FLOAT, offset, out, at, count);
  }

  private static boolean allFinite(float[] values, int count) {
    int max = 0;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, Float.floatToRawIntBits(values[i]) & MAGNITUDE);
    }
    return max < INFINITY;
  }

  private ModelFormatException firstFault(long from, int count, float[] values) {
    int at = 0;
    while (at < count - 1 && Float.isFinite(values[at])) {
      at++;
    }
    int layer = layerOf(from + at);
    Matrix matrix = layers.get(layer);
    long element = from + at - layer * layerElements();
    return source.notFinite(matrix, (int) (element / cols()), (int) (element % cols()), values[at]);
  }
}
