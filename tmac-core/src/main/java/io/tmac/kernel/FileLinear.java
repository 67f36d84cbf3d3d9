package io.tmac.kernel;

import io.tmac.format.Matrix;

/** A matrix that its kernel reads in the bytes of its file. */
public abstract class FileLinear implements Linear {
  /** The matrix. */
  protected final Matrix matrix;

  private final InputForm form;

  /** Keeps a matrix whose kernel reads {@code form}. */
  protected FileLinear(Matrix matrix, InputForm form) {
    this.matrix = matrix;
    this.form = form;
  }

  @Override
  public final int rows() {
    return matrix.rows();
  }

  @Override
  public final int cols() {
    return matrix.cols();
  }

  @Override
  public final InputForm form(int tokens) {
    return form;
  }

  @Override
  public final long bytes() {
    return 0;
  }
}
