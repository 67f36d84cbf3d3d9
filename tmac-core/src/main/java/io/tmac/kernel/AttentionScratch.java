package io.tmac.kernel;

/** Working memory of attention: a block of queries and one page. */
public final class AttentionScratch {
  /** Queries of a block. */
  public static final int QUERIES = 16;

  /** Queries, scaled {@code [QUERIES x headDim]}. */
  public final float[] queries;

  /** Scores of one page, then their weights {@code [QUERIES x PAGE]}. */
  public final float[] weights = new float[QUERIES * KvPages.PAGE];

  /** The highest score of each query so far. */
  public final float[] max = new float[QUERIES];

  /** The sum of the weights of each query so far. */
  public final float[] sum = new float[QUERIES];

  /** Sums of weighted values so far {@code [QUERIES x paddedDim]}. */
  public final float[] out;

  /** The same of one query, for plain loops {@code [headDim]}. */
  public final double[] exact;

  /** Room for the keys or the values of a page that are not stored as floats. */
  public final float[] page;

  AttentionScratch(int headDim) {
    queries = new float[QUERIES * headDim];
    out = new float[QUERIES * KvPage.paddedDim(headDim)];
    exact = new double[headDim];
    page = new float[KvPages.PAGE * KvPage.paddedDim(headDim)];
  }
}
