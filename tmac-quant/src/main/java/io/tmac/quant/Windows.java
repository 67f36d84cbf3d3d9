package io.tmac.quant;

/**
 * How a text is cut into windows, each a sequence of its own for the model.
 *
 * <p>A window begins with BOS if the model adds one, so that it holds {@code size - 1} tokens of
 * the text, else {@code size}. Windows start every {@code stride} tokens of the text; the last one
 * may be shorter. A token is scored in the first window that holds it, unless it is the first
 * position there, which nothing predicts:
 *
 * <pre>
 *   size 6 with BOS, stride 2      . = context, x = scored
 *   text         t0 t1 t2 t3 t4 t5 t6 t7 t8
 *   window 0  B  x  x  x  x  x
 *   window 1        B  .  .  .  x  x
 *   window 2              B  .  .  .  x  x
 * </pre>
 *
 * <p>So behind the first window each token is predicted from at least {@code size - stride}
 * positions, BOS included. Without overlap, the first tokens of each window have almost no context,
 * and the perplexity comes out higher; but each token is computed once only.
 *
 * @param size positions of a window, BOS included, at least 2
 * @param stride text tokens from the start of a window to that of the next, at least 1; or {@link
 *     #NO_OVERLAP}
 */
public record Windows(int size, int stride) {

  /** The stride of windows that follow each other: the text tokens that a window holds. */
  public static final int NO_OVERLAP = 0;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the size is below 2 or the stride negative
   */
  public Windows {
    if (size < 2) {
      throw new IllegalArgumentException("a window must have at least 2 positions: " + size);
    }
    if (stride < 0) {
      throw new IllegalArgumentException("the stride must be at least 1: " + stride);
    }
  }

  /**
   * Windows that follow each other.
   *
   * @param size positions of a window, BOS included, at least 2
   * @return windows without overlap
   */
  public static Windows disjoint(int size) {
    return new Windows(size, NO_OVERLAP);
  }
}
