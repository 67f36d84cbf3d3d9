package io.tmac.quant.calibrate;

import io.tmac.Activations;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.Linear;
import io.tmac.kernel.Matmul;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Sums of outer products over tokens: {@code sum_t y[t] x[t]^T}, {@code [rows x cols]}. With y = x
 * it is the matrix that a least-squares problem over these tokens needs.
 *
 * <p>The engine multiplies: {@link #TOKENS} tokens at a time, x transposed is the weight matrix
 * {@code [cols x tokens]}, and the rows of y transposed are its inputs. The products of so many
 * tokens are float32, their sum is double, and the bits do not depend on the number of threads.
 */
final class Moments {
  private static final int TOKENS = 512;

  /** Rows of y that are multiplied at once. */
  private static final int ROWS = 128;

  private static final long ALIGNMENT = 64;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int rows;
  private final int cols;
  private final double[] sums;
  private final Matmul matmul;
  private final MemorySegment x;
  private final Linear[] linear;
  private final float[] y;
  private final Input input = new Input(TOKENS);
  private final float[][] products = new float[1][];
  private final float[] column = new float[TOKENS];
  private int filled;

  Moments(int rows, int cols, WorkerPool pool) {
    this.rows = rows;
    this.cols = cols;
    this.sums = new double[Math.multiplyExact(rows, cols)];
    this.y = new float[Math.multiplyExact(rows, TOKENS)];
    KernelProvider kernels = Kernels.provider();
    Scratch[] scratch = new Scratch[pool.threads()];
    Arrays.setAll(scratch, worker -> new Scratch(TOKENS));
    this.matmul = new Matmul(kernels, pool, scratch);
    Arena arena = Arena.ofAuto();
    this.x = arena.allocate((long) cols * TOKENS * Float.BYTES, ALIGNMENT);
    Matrix matrix = new Matrix("x", cols, TOKENS, new F32(), x, 0);
    this.linear = new Linear[] {kernels.linear(matrix, Activations.F32, arena, pool)};
    int batch = Math.min(ROWS, rows);
    input.reserve(batch);
    products[0] = new float[Math.multiplyExact(batch, cols)];
  }

  /**
   * Adds the products of some tokens.
   *
   * @param y {@code [tokens x rows]}
   * @param x {@code [tokens x cols]}
   * @param tokens number of tokens
   */
  void add(float[] y, float[] x, int tokens) {
    for (int done = 0; done < tokens; ) {
      int count = Math.min(tokens - done, TOKENS - filled);
      for (int r = 0; r < rows; r++) {
        for (int t = 0; t < count; t++) {
          this.y[r * TOKENS + filled + t] = y[(done + t) * rows + r];
        }
      }
      for (int c = 0; c < cols; c++) {
        for (int t = 0; t < count; t++) {
          column[t] = x[(done + t) * cols + c];
        }
        long offset = ((long) c * TOKENS + filled) * Float.BYTES;
        MemorySegment.copy(column, 0, this.x, FLOAT, offset, count);
      }
      filled += count;
      done += count;
      if (filled == TOKENS) {
        multiply();
      }
    }
  }

  /** Adds the products of the tokens that have been collected. */
  private void multiply() {
    for (int first = 0; first < rows; first += ROWS) {
      int count = Math.min(ROWS, rows - first);
      System.arraycopy(y, first * TOKENS, input.x, 0, count * TOKENS);
      matmul.run(input, count, linear, products);
      int at = first * cols;
      for (int i = 0; i < count * cols; i++) {
        sums[at + i] += products[0][i];
      }
    }
    filled = 0;
  }

  /** Returns the sums over all tokens, row after row. No tokens come after this. */
  double[] sums() {
    if (filled > 0) {
      Arrays.fill(column, 0);
      for (int r = 0; r < rows; r++) {
        Arrays.fill(y, r * TOKENS + filled, (r + 1) * TOKENS, 0);
      }
      for (int c = 0; c < cols; c++) {
        long offset = ((long) c * TOKENS + filled) * Float.BYTES;
        MemorySegment.copy(column, 0, x, FLOAT, offset, TOKENS - filled);
      }
      multiply();
    }
    return sums;
  }

  /** Returns the mean of the diagonal: of a square matrix, the mean square of an input. */
  double meanDiagonal() {
    double[] all = sums();
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      sum += all[i * cols + i];
    }
    return sum / rows;
  }

  /** Adds a number to the diagonal. */
  void addToDiagonal(double value) {
    double[] all = sums();
    for (int i = 0; i < rows; i++) {
      all[i * cols + i] += value;
    }
  }
}
