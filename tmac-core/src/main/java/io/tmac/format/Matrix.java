package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * One weight matrix {@code [rows x cols]} in the bytes of its file: {@code y[r] = sum_c w[r][c] *
 * x[c]}. Several matrices may share one segment: files store the matrices of all layers as one tall
 * tensor whose blocks may run on from one layer to the next.
 *
 * @param name the tensor's name, for messages
 * @param rows number of rows (outputs)
 * @param cols number of columns (inputs)
 * @param format the meaning of the bytes
 * @param data the whole tensor; {@code data} begins with row 0 of the tensor
 * @param firstRow the row of the tensor that is row 0 of this matrix
 */
public record Matrix(
    String name, int rows, int cols, WeightFormat format, MemorySegment data, long firstRow) {

  /**
   * Checks that the data holds all rows.
   *
   * @throws IllegalArgumentException if a size is not positive or the segment is too small
   * @throws ArithmeticException if the size does not fit into a {@code long}
   */
  public Matrix {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(format, "format");
    if (rows <= 0 || cols <= 0 || firstRow < 0) {
      throw new IllegalArgumentException(
          name + ": impossible shape " + rows + " x " + cols + " from row " + firstRow);
    }
    long needed = format.byteSize(Math.addExact(firstRow, rows), cols);
    if (data.byteSize() < needed) {
      throw new IllegalArgumentException(
          name + ": needs " + needed + " bytes, the segment has " + data.byteSize());
    }
  }

  /**
   * Writes the values of one row; short for {@link WeightFormat#decodeRow}.
   *
   * @param row the row, from 0 to {@code rows - 1}
   * @param out receives {@code cols} values from index 0
   */
  public void decodeRow(int row, float[] out) {
    format.decodeRow(this, row, out);
  }

  /**
   * Size of this matrix in its file.
   *
   * @return bytes; a matrix that begins inside a block counts the whole rows it covers
   */
  public long bytes() {
    return format.byteSize(firstRow + rows, cols) - format.byteSize(firstRow, cols);
  }

  /**
   * The row of the tensor behind a row of this matrix.
   *
   * @param row the row, from 0 to {@code rows - 1}
   * @return the row within {@link #data}
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public long tensorRow(int row) {
    return firstRow + Objects.checkIndex(row, rows);
  }
}
