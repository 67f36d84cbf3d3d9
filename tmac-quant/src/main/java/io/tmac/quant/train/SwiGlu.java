package io.tmac.quant.train;

import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * {@code silu(x) * y} with {@code silu(x) = x * s(x)} and {@code s(x) = 1 / (1 + exp(-x))}, the
 * gated activation of llama's feed-forward layer (Shazeer, "GLU Variants Improve Transformer",
 * 2020).
 */
final class SwiGlu {
  /** Values between the two passes of a method, so that they stay in the first-level cache. */
  private static final int CHUNK = 1024;

  private SwiGlu() {}

  /**
   * {@code out[i] = silu(x[i]) * y[i]}.
   *
   * @param x gates, from index {@code xAt}
   * @param y factors, from index {@code yAt}
   * @param out receives the products from index {@code outAt}; must not overlap the others
   * @param count number of values
   * @throws IndexOutOfBoundsException if a range is not inside its array; nothing is written then
   */
  static void forward(float[] x, int xAt, float[] y, int yAt, float[] out, int outAt, int count) {
    FloatMath.check(x, xAt, count);
    FloatMath.check(y, yAt, count);
    FloatMath.check(out, outAt, count);
    for (int from = 0; from < count; from += CHUNK) {
      int end = Math.min(count - from, CHUNK) + from;
      Exp.exp(x, xAt + from, -1, 0, out, outAt + from, end - from);
      int i = from;
      for (; i <= end - LANES; i += LANES) {
        FloatVector.fromArray(FLOAT, x, xAt + i)
            .div(FloatVector.fromArray(FLOAT, out, outAt + i).add(1))
            .mul(FloatVector.fromArray(FLOAT, y, yAt + i))
            .intoArray(out, outAt + i);
      }
      for (; i < end; i++) {
        out[outAt + i] = x[xAt + i] / (out[outAt + i] + 1) * y[yAt + i];
      }
    }
  }

  /**
   * {@code dx[i] = dOut[i] * y[i] * silu'(x[i])} and {@code dy[i] = dOut[i] * silu(x[i])} with
   * {@code silu'(x) = s(x) * (1 + x * (1 - s(x)))}.
   *
   * @param x gates, from index {@code xAt}
   * @param y factors, from index {@code yAt}
   * @param dOut gradient of the products, from index {@code dOutAt}
   * @param dx receives the gradient of the gates from index {@code dxAt}; may be one of the three
   *     above with the same index
   * @param dy receives the gradient of the factors from index {@code dyAt}; must not overlap the
   *     others
   * @param count number of values
   * @throws IndexOutOfBoundsException if a range is not inside its array; nothing is written then
   */
  static void backward(
      float[] x,
      int xAt,
      float[] y,
      int yAt,
      float[] dOut,
      int dOutAt,
      float[] dx,
      int dxAt,
      float[] dy,
      int dyAt,
      int count) {
    FloatMath.check(x, xAt, count);
    FloatMath.check(y, yAt, count);
    FloatMath.check(dOut, dOutAt, count);
    FloatMath.check(dx, dxAt, count);
    FloatMath.check(dy, dyAt, count);
    FloatVector one = FloatVector.broadcast(FLOAT, 1);
    for (int from = 0; from < count; from += CHUNK) {
      int end = Math.min(count - from, CHUNK) + from;
      Exp.exp(x, xAt + from, -1, 0, dy, dyAt + from, end - from);
      int i = from;
      for (; i <= end - LANES; i += LANES) {
        FloatVector s = one.div(FloatVector.fromArray(FLOAT, dy, dyAt + i).add(1));
        FloatVector gate = FloatVector.fromArray(FLOAT, x, xAt + i);
        FloatVector gradient = FloatVector.fromArray(FLOAT, dOut, dOutAt + i);
        FloatVector factor = FloatVector.fromArray(FLOAT, y, yAt + i);
        FloatVector slope = one.sub(s).fma(gate, one).mul(s);
        gradient.mul(gate.mul(s)).intoArray(dy, dyAt + i);
        gradient.mul(factor).mul(slope).intoArray(dx, dxAt + i);
      }
      for (; i < end; i++) {
        float s = 1 / (dy[dyAt + i] + 1);
        float gate = x[xAt + i];
        float gradient = dOut[dOutAt + i];
        float slope = Math.fma(1 - s, gate, 1) * s;
        dy[dyAt + i] = gradient * (gate * s);
        dx[dxAt + i] = gradient * y[yAt + i] * slope;
      }
    }
  }
}
