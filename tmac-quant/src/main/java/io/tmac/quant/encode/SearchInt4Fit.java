package io.tmac.quant.encode;

import java.util.Arrays;

/**
 * Searches the scale of a block that leaves the least squared error, which may be weighted by the
 * importance of each column: the mean square of what the column is multiplied with.
 *
 * <p>For fixed codes q the best scale is {@code sum(w x q) / sum(w q^2)}, and it takes {@code sum(w
 * x q)^2 / sum(w q^2)} off the error. The codes are those of scales that turn the value of the
 * largest magnitude into t, for many t of either sign: codes reach from -8 to 7, so that the sign
 * of a scale matters. The best scale is then refined by turns with its codes, as float16, beside
 * its neighbours. The port's scale is the one to beat.
 */
public final class SearchInt4Fit implements Int4Fit {
  private static final float MIN_CODE = -8;
  private static final float MAX_CODE = 7;
  private static final int MAX_FLOAT16 = 0x7bff;
  private static final int FLOAT16_MAGNITUDE = 0x7fff;
  private static final int TURNS = 4;

  /** Adding it to a small float and taking it off again rounds half to even. */
  private static final float ROUNDING = 0x1.8p23f;

  /** What the value of the largest magnitude may become. */
  private static final float[] TARGETS = targets();

  private final float[] importance;
  private final float[] weights = new float[BLOCK];
  private final float[] inverses = new float[TARGETS.length];
  private final float[] products = new float[TARGETS.length];
  private final float[] squares = new float[TARGETS.length];

  private float bestScale;
  private double bestError;

  /** All columns are equally important. */
  public SearchInt4Fit() {
    this(new float[] {1});
  }

  /**
   * Weights the error.
   *
   * @param importance {@code [cols]}, not negative; or one number for all columns
   */
  public SearchInt4Fit(float[] importance) {
    this.importance = importance;
  }

  private static float[] targets() {
    float[] targets = new float[2 * 48];
    int count = 0;
    for (int t = 1; t < 4; t++) {
      targets[count++] = t;
      targets[count++] = -t;
    }
    for (float t = 4; count < targets.length; t += 0.125f) {
      targets[count++] = t;
      targets[count++] = -t;
    }
    return targets;
  }

  @Override
  public float fit(long element, float[] values, int from, byte[] codes) {
    float max = Blocks.largestMagnitude(values, from, BLOCK);
    if (max == 0) {
      Arrays.fill(codes, from, from + BLOCK, (byte) 0);
      return 0;
    }
    for (int i = 0; i < BLOCK; i++) {
      weights[i] = importance[(int) ((element + i) % importance.length)];
    }
    bestError = Double.POSITIVE_INFINITY;
    tryScale(max / MAX_CODE, values, from, codes);
    refine(likelyScale(max, values, from), values, from, codes);
    tryNeighbours(values, from, codes);
    encode(bestScale, values, from, codes);
    return bestScale;
  }

  /** The best scale for the codes of the best target. */
  private float likelyScale(float max, float[] values, int from) {
    for (int t = 0; t < TARGETS.length; t++) {
      inverses[t] = TARGETS[t] / max;
    }
    Arrays.fill(products, 0);
    Arrays.fill(squares, 0);
    for (int i = 0; i < BLOCK; i++) {
      addCodes(values[from + i], weights[i], inverses, products, squares);
    }
    float scale = max / MAX_CODE;
    float bestGain = 0;
    for (int t = 0; t < TARGETS.length; t++) {
      float ratio = products[t] / squares[t];
      float gain = products[t] * ratio;
      if (gain > bestGain) { // not if there are no codes but 0
        bestGain = gain;
        scale = ratio;
      }
    }
    return scale;
  }

  /** Adds one value's code for each target to the sums; a loop over targets fills vectors. */
  private static void addCodes(
      float value, float weight, float[] inverses, float[] products, float[] squares) {
    float weighted = value * weight;
    for (int t = 0; t < TARGETS.length; t++) {
      float clipped = Math.min(Math.max(value * inverses[t], MIN_CODE), MAX_CODE);
      float code = clipped + ROUNDING - ROUNDING;
      products[t] += weighted * code;
      squares[t] += weight * code * code;
    }
  }

  /** Codes for the scale, a scale for the codes, and so on while the error falls. */
  private void refine(float scale, float[] values, int from, byte[] codes) {
    float next = scale;
    for (int turn = 0; turn < TURNS && tryScale(next, values, from, codes); turn++) {
      double product = 0;
      double square = 0;
      for (int i = 0; i < BLOCK; i++) {
        double code = codes[from + i];
        product += weights[i] * code * values[from + i];
        square += weights[i] * code * code;
      }
      if (square == 0) {
        return;
      }
      next = (float) (product / square);
    }
  }

  private void tryNeighbours(float[] values, int from, byte[] codes) {
    int bits = Float.floatToFloat16(bestScale);
    tryScale(Float.float16ToFloat((short) (bits + 1)), values, from, codes);
    if ((bits & FLOAT16_MAGNITUDE) > 0) {
      tryScale(Float.float16ToFloat((short) (bits - 1)), values, from, codes);
    }
  }

  /** Whether the scale is the best so far; {@code codes} are those of this scale then. */
  private boolean tryScale(float scale, float[] values, int from, byte[] codes) {
    float stored = storable(scale);
    encode(stored, values, from, codes);
    double error = 0;
    for (int i = 0; i < BLOCK; i++) {
      double difference = values[from + i] - (double) stored * codes[from + i];
      error += weights[i] * difference * difference;
    }
    if (error < bestError) {
      bestError = error;
      bestScale = stored;
      return true;
    }
    return false;
  }

  /** The nearest finite float16. */
  private static float storable(float scale) {
    short bits = Float.floatToFloat16(scale);
    if ((bits & FLOAT16_MAGNITUDE) > MAX_FLOAT16) {
      return Math.copySign(Float.float16ToFloat((short) MAX_FLOAT16), scale);
    }
    return Float.float16ToFloat(bits);
  }

  private static void encode(float scale, float[] values, int from, byte[] codes) {
    if (scale == 0) {
      Arrays.fill(codes, from, from + BLOCK, (byte) 0);
    } else {
      Blocks.round(values, from, BLOCK, scale, MIN_CODE, MAX_CODE, codes);
    }
  }
}
