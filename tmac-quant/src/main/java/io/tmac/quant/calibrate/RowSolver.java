package io.tmac.quant.calibrate;

import io.tmac.quant.encode.LeastSquaresTernaryFit;
import io.tmac.quant.encode.TernaryFit;
import java.util.Arrays;

/**
 * Finds codes q and scales s of a row of weights so that {@code q s H (q s)^T - 2 q s b^T} is
 * small: with {@code H = sum x x^T} and {@code b = sum y x^T} over tokens, that is the squared
 * distance of the row's outputs from the outputs y that are wanted.
 *
 * <p>First rounding with error feedback (see {@link Factor}), then coordinate descent: column after
 * column takes the code that is best for the codes of all others, until none changes (QuantEase,
 * Behdin et al. 2023). Used by one thread; several solvers may share a factor.
 */
final class RowSolver {
  private static final float[] SCALE_TRIALS = {0.7f, 0.85f, 1, 1.15f, 1.3f};
  private static final int MAX_SWEEPS = 20;
  private static final float MAX_SCALE = 65504; // of float16

  private final Factor factor;
  private final int n;
  private final double[] target;
  private final double[] projected;
  private final float[] rest;
  private final float[] weights;
  private final float[] gradient;
  private final float[] sorted;
  private final byte[] trial;

  RowSolver(Factor factor) {
    this.factor = factor;
    this.n = factor.size();
    this.target = new double[n];
    this.projected = new double[n];
    this.rest = new float[n];
    this.weights = new float[n];
    this.gradient = new float[n];
    this.sorted = new float[n];
    this.trial = new byte[n];
  }

  /** Where the caller puts b before it calls a solver. */
  double[] target() {
    return target;
  }

  /**
   * Solves for codes -1, 0 and 1 and one scale.
   *
   * @param codes receives the codes
   * @return the scale, a float16 number
   */
  float ternary(byte[] codes) {
    Arrays.fill(codes, (byte) 0);
    factor.project(target, projected);
    float start = ternaryScale();
    if (!(start > 0)) {
      return 0;
    }
    double best = 0;
    float scale = 0;
    for (float trialScale : SCALE_TRIALS) {
      Arrays.fill(weights, start * trialScale);
      round(weights, -1, 1, trial);
      // With u = q R the best scale is z.u / u.u, and it lowers the error by (z.u)^2 / u.u.
      double zu = 0;
      double uu = 0;
      for (int i = 0; i < n; i++) {
        double u = (projected[i] - rest[i]) / (start * trialScale);
        zu += projected[i] * u;
        uu += u * u;
      }
      if (zu > 0 && uu > 0 && zu * zu / uu > best) {
        best = zu * zu / uu;
        scale = (float) (zu / uu);
        System.arraycopy(trial, 0, codes, 0, n);
      }
    }
    if (best == 0) {
      return 0;
    }
    return descendTernary(codes, scale);
  }

  /**
   * Solves for codes -1, 0 and 1 and a scale for each block of columns. Blocks begin with the
   * scales that fit the weights best which solve the problem without rounding; then codes and
   * scales follow each other.
   *
   * @param block columns of a block
   * @param scales receives the scales {@code [n / block]}, float16 numbers
   * @param codes receives the codes
   */
  void ternary(int block, float[] scales, byte[] codes) {
    factor.project(target, projected);
    solveUnrounded();
    TernaryFit fit = new LeastSquaresTernaryFit();
    byte[] ofBlock = new byte[block];
    for (int b = 0; b < scales.length; b++) {
      float[] unrounded = Arrays.copyOfRange(weights, b * block, (b + 1) * block);
      scales[b] = fit.fit(b, unrounded, ofBlock);
      Arrays.fill(weights, b * block, (b + 1) * block, scales[b]);
    }
    round(weights, -1, 1, codes);
    startDescent(codes);
    boolean changed = true;
    for (int sweeps = 0; changed && sweeps < MAX_SWEEPS; sweeps++) {
      changed = sweep(codes, -1, 1);
      for (int b = 0; b < scales.length; b++) {
        scales[b] = rescale(codes, b * block, block);
      }
    }
    sweep(codes, -1, 1);
  }

  /** Takes the scale that is best for the codes of a block, as float16; returns it. */
  private float rescale(byte[] codes, int from, int block) {
    float[] h = factor.h();
    double gain = 0;
    double curvature = 0;
    for (int c = from; c < from + block; c++) {
      gain += codes[c] * gradient[c];
      float products = 0;
      for (int k = from; k < from + block; k++) {
        products += codes[k] * h[c * n + k];
      }
      curvature += codes[c] * products;
    }
    float scale = weights[from];
    float better = (float) (scale + gain / curvature);
    if (!(better > 0)) { // nor if there are no codes but 0
      return scale;
    }
    float stored = Float.float16ToFloat(Float.floatToFloat16(Math.min(better, MAX_SCALE)));
    for (int c = from; c < from + block; c++) {
      if (codes[c] != 0) {
        add(h, c * n, codes[c] * (scale - stored));
      }
    }
    Arrays.fill(weights, from, from + block, stored);
    return stored;
  }

  /** Leaves in {@code weights} those that solve the problem without rounding. */
  private void solveUnrounded() {
    copyProjected();
    for (int i = 0; i < n; i++) {
      float weight = rest[i] / factor.diagonal(i);
      factor.subtract(i, weight, rest);
      weights[factor.column(i)] = weight;
    }
  }

  /**
   * Solves for codes of a grid whose scales are given.
   *
   * @param scales of each column {@code [n]}; a column with scale 0 gets code 0
   * @param min least code
   * @param max greatest code
   * @param codes receives the codes
   */
  void grid(float[] scales, int min, int max, byte[] codes) {
    factor.project(target, projected);
    round(scales, min, max, codes);
    for (int c = 0; c < n; c++) {
      weights[c] = scales[c];
    }
    startDescent(codes);
    int sweeps = 0;
    while (sweep(codes, min, max) && ++sweeps < MAX_SWEEPS) {}
  }

  /**
   * The scale that fits the weights best which solve the problem without rounding: over k, the mean
   * of the k largest of them, where (their sum)^2 / k is greatest.
   */
  private float ternaryScale() {
    solveUnrounded();
    for (int c = 0; c < n; c++) {
      sorted[c] = Math.abs(weights[c]);
    }
    Arrays.sort(sorted);
    double sum = 0;
    double best = 0;
    double scale = 0;
    for (int k = 1; k <= n; k++) {
      sum += sorted[n - k];
      if (sum * sum / k > best) {
        best = sum * sum / k;
        scale = sum / k;
      }
    }
    return (float) scale;
  }

  /** Rounds column by column; leaves in {@code rest} what is left of z. */
  private void round(float[] scales, int min, int max, byte[] codes) {
    copyProjected();
    for (int i = 0; i < n; i++) {
      int column = factor.column(i);
      float scale = scales[column];
      int code = scale == 0 ? 0 : nearest(rest[i] / factor.diagonal(i) / scale, min, max);
      codes[column] = (byte) code;
      if (code != 0) {
        rest[i] -= code * scale * factor.diagonal(i);
        factor.subtract(i, code * scale, rest);
      }
    }
  }

  private void copyProjected() {
    for (int i = 0; i < n; i++) {
      rest[i] = (float) projected[i];
    }
  }

  private float descendTernary(byte[] codes, float scale) {
    Arrays.fill(weights, scale);
    startDescent(codes);
    for (int sweeps = 0; sweeps < MAX_SWEEPS; sweeps++) {
      boolean changed = sweep(codes, -1, 1);
      scale = rescale(codes, scale);
      if (!(scale > 0)) {
        Arrays.fill(codes, (byte) 0);
        return 0;
      }
      if (!changed) {
        break;
      }
    }
    // The file holds a float16: the codes answer to it once more.
    float stored = Float.float16ToFloat(Float.floatToFloat16(Math.min(scale, MAX_SCALE)));
    setScale(scale, stored);
    sweep(codes, -1, 1);
    return stored;
  }

  /** Computes {@code gradient = b - (q s) H}. */
  private void startDescent(byte[] codes) {
    float[] h = factor.h();
    for (int c = 0; c < n; c++) {
      gradient[c] = (float) target[c];
    }
    for (int c = 0; c < n; c++) {
      if (codes[c] != 0) {
        add(h, c * n, -codes[c] * weights[c]);
      }
    }
  }

  private boolean sweep(byte[] codes, int min, int max) {
    float[] h = factor.h();
    boolean changed = false;
    for (int c = 0; c < n; c++) {
      float scale = weights[c];
      if (scale == 0) {
        continue;
      }
      int code = nearest(codes[c] + gradient[c] / (h[c * n + c] * scale), min, max);
      if (code != codes[c]) {
        add(h, c * n, (codes[c] - code) * scale);
        codes[c] = (byte) code;
        changed = true;
      }
    }
    return changed;
  }

  /** Takes the scale that is best for the codes; returns it. */
  private float rescale(byte[] codes, float scale) {
    double wanted = 0;
    double given = 0;
    for (int c = 0; c < n; c++) {
      wanted += codes[c] * target[c];
      given += codes[c] * (target[c] - gradient[c]);
    }
    float better = (float) (scale * wanted / given);
    setScale(scale, better);
    return better;
  }

  private void setScale(float from, float to) {
    float ratio = to / from;
    for (int c = 0; c < n; c++) {
      gradient[c] = (float) (target[c] - ratio * (target[c] - gradient[c]));
    }
    Arrays.fill(weights, to);
  }

  private void add(float[] h, int row, float factor) {
    for (int c = 0; c < n; c++) {
      gradient[c] += factor * h[row + c];
    }
  }

  private static int nearest(float value, int min, int max) {
    return Math.clamp((int) Math.rint(value), min, max);
  }
}
