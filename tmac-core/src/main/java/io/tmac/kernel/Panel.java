package io.tmac.kernel;

/**
 * Working memory of a matrix-matrix product: a panel of weights that is decoded once and multiplied
 * by all tokens. A panel has some rows of a matrix ({@code rows}) and some of its columns; its
 * codes are ordered by columns, so that rows are neighbours.
 */
public final class Panel {
  /** The codes, {@code [planes x columns x rows]}. */
  public short[] codes = {};

  /**
   * The scales of the weights, {@code [columns / Input.HALF_BLOCK x rows]}: for each block those at
   * its first half block.
   */
  public float[] weightScales = {};

  /** The minimums of the weights, if they have any, in the order of the scales. */
  public float[] minimums = {};

  /** Sums of products of a few tokens and columns, {@code [a few tokens x rows]}. */
  public short[] products = {};

  /** Sums of products since the last scale, {@code [tokens x rows]}. */
  public int[] sums = {};

  /** The scaled sums, {@code [tokens x rows]}. */
  public float[] y = {};

  /** What minimums add to them, {@code [tokens x rows]}. */
  public float[] z = {};

  /** Makes room for this many elements; old values are lost. */
  public void reserve(int codes, int weightScales, int products, int y) {
    if (this.codes.length < codes) {
      this.codes = new short[codes];
    }
    if (this.weightScales.length < weightScales) {
      this.weightScales = new float[weightScales];
      this.minimums = new float[weightScales];
    }
    if (this.products.length < products) {
      this.products = new short[products];
    }
    if (this.y.length < y) {
      this.sums = new int[y];
      this.y = new float[y];
      this.z = new float[y];
    }
  }
}
