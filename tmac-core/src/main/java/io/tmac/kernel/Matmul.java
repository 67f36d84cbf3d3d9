package io.tmac.kernel;

/**
 * Multiplies one input by several matrices, with their rows split over the threads of a pool. One
 * object serves one session; it allocates nothing per call.
 */
public final class Matmul {
  private final KernelProvider kernels;
  private final WorkerPool pool;
  private final Scratch[] scratch;
  private final WorkerPool.Task prepareTask = this::prepareTokens;
  private final WorkerPool.Task multiplyTask = this::multiplyUnits;

  private Input in;
  private int tokens;
  private Linear[] linears;
  private float[][] outs;
  private InputForm form;

  /**
   * Creates a driver.
   *
   * @param kernels prepares inputs
   * @param pool the threads
   * @param scratch working memory of each thread
   */
  public Matmul(KernelProvider kernels, WorkerPool pool, Scratch[] scratch) {
    this.kernels = kernels;
    this.pool = pool;
    this.scratch = scratch;
  }

  /**
   * Computes {@code outs[i][t] = linears[i] * in.x[t]} for all tokens and matrices.
   *
   * @param in the input
   * @param tokens number of tokens
   * @param linears matrices with as many columns as the input
   * @param outs receives the products of each matrix, {@code [tokens x rows]}
   */
  public void run(Input in, int tokens, Linear[] linears, float[][] outs) {
    this.in = in;
    this.tokens = tokens;
    this.linears = linears;
    this.outs = outs;
    in.clear();
    int units = 0;
    for (int i = 0; i < linears.length; i++) {
      units += units(linears[i]);
      form = linears[i].form(tokens);
      if (form != InputForm.FLOAT && !in.has(form)) {
        in.reserve(form, tokens);
        pool.run(tokens, prepareTask);
      }
    }
    pool.run(units, multiplyTask);
  }

  private void prepareTokens(int from, int to, int worker) {
    for (int token = from; token < to; token++) {
      kernels.prepare(in, form, token);
    }
  }

  private void multiplyUnits(int from, int to, int worker) {
    int first = 0;
    for (int i = 0; i < linears.length && first < to; i++) {
      int behind = first + units(linears[i]);
      int unit = linears[i].unitRows(tokens);
      int begin = Math.max(from, first);
      int end = Math.min(to, behind);
      if (begin < end) {
        linears[i].multiply(
            in,
            tokens,
            outs[i],
            (begin - first) * unit,
            Math.min((end - first) * unit, linears[i].rows()),
            scratch[worker]);
      }
      first = behind;
    }
  }

  private int units(Linear linear) {
    return Math.ceilDiv(linear.rows(), linear.unitRows(tokens));
  }
}
