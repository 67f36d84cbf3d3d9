package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Optional;

/**
 * Eight-bit weights with a scale for each group of consecutive elements. The groups run over the
 * tensor as one flat array, so that a row begins inside a group when {@code cols} is not a multiple
 * of the group size.
 *
 * @param layout where codes and scales lie
 * @param groupSize elements that share a scale
 */
public record Int8(Layout layout, int groupSize) implements WeightFormat, BlockCodes {

  /** The order of codes and scales. */
  public enum Layout {
    /**
     * Group after group, the last one padded (file magic {@code Q8V1}).
     *
     * <pre>
     *   group:  float16 scale | groupSize x int8
     * </pre>
     */
    GROUPS,
    /**
     * All codes, then all scales (llama2.c version 2).
     *
     * <pre>
     *   tensor:  rows * cols x int8 | rows * cols / groupSize x float32
     * </pre>
     *
     * <p>The scales follow the codes of the whole segment, so that a tensor is one matrix: {@code
     * firstRow} is 0.
     */
    CODES_THEN_SCALES
  }

  /**
   * Checks the group size.
   *
   * @throws IllegalArgumentException if the group size is not positive
   */
  public Int8 {
    Objects.requireNonNull(layout, "layout");
    if (groupSize <= 0) {
      throw new IllegalArgumentException("groupSize must be positive: " + groupSize);
    }
  }

  @Override
  public String id() {
    return "int8";
  }

  @Override
  public long byteSize(long rows, int cols) {
    long elements = Math.multiplyExact(rows, (long) cols);
    long groups = Math.ceilDiv(elements, groupSize);
    return switch (layout) {
      case GROUPS -> Math.multiplyExact(groups, 2L + groupSize);
      case CODES_THEN_SCALES -> Math.addExact(elements, Math.multiplyExact(groups, 4L));
    };
  }

  @Override
  public void decodeRow(Matrix matrix, int row, float[] out) {
    int cols = matrix.cols();
    long element = matrix.tensorRow(row) * cols;
    for (int c = 0; c < cols; ) {
      long group = element / groupSize;
      float scale = scale(matrix, group);
      long codes = codesOffset(group);
      int end = (int) Math.min(cols, c + groupSize - element % groupSize);
      for (; c < end; c++, element++) {
        out[c] = matrix.data().get(ValueLayout.JAVA_BYTE, codes + element % groupSize) * scale;
      }
    }
  }

  @Override
  public Optional<BlockCodes> codes(int cols) {
    return cols % groupSize == 0 ? Optional.of(this) : Optional.empty();
  }

  @Override
  public Range range() {
    return Range.INT8;
  }

  @Override
  public int blockSize(int cols) {
    return groupSize;
  }

  @Override
  public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
    int groups = matrix.cols() / groupSize;
    long first = matrix.tensorRow(row) * groups;
    for (int g = 0; g < groups; g++) {
      scales[g] = scale(matrix, first + g);
      long offset = codesOffset(first + g);
      MemorySegment.copy(
          matrix.data(), ValueLayout.JAVA_BYTE, offset, codes, g * groupSize, groupSize);
    }
  }

  private long codesOffset(long group) {
    return layout == Layout.GROUPS ? group * (2L + groupSize) + 2 : group * groupSize;
  }

  private float scale(Matrix matrix, long group) {
    MemorySegment data = matrix.data();
    return switch (layout) {
      case GROUPS -> LittleEndian.float16(data, group * (2L + groupSize));
      case CODES_THEN_SCALES ->
          data.get(LittleEndian.FLOAT, (long) matrix.rows() * matrix.cols() + group * 4);
    };
  }
}
