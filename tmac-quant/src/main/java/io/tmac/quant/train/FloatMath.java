package io.tmac.quant.train;

import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Loops over ranges of float arrays. A range {@code [at, at + count)} must be inside its array;
 * each method throws {@link IndexOutOfBoundsException} otherwise, before it writes.
 *
 * <p>Sums have a fixed order, which depends on the width of vectors alone: {@code reduceLanes}
 * leaves it open.
 */
final class FloatMath {
  /** Lane i takes lane i + 8, i + 4, i + 2, i + 1, around the end. */
  private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(FLOAT, 8, 1, true);

  private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(FLOAT, 4, 1, true);
  private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(FLOAT, 2, 1, true);
  private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(FLOAT, 1, 1, true);

  private FloatMath() {}

  /** {@code y[i] += factor * x[i]}, with one rounding. */
  static void axpy(float factor, float[] x, int at, float[] y, int yAt, int count) {
    check(x, at, count);
    check(y, yAt, count);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromArray(FLOAT, x, at + i)
          .fma(FloatVector.broadcast(FLOAT, factor), FloatVector.fromArray(FLOAT, y, yAt + i))
          .intoArray(y, yAt + i);
    }
    for (; i < count; i++) {
      y[yAt + i] = Math.fma(x[at + i], factor, y[yAt + i]);
    }
  }

  /** {@code x[i] *= factor}. */
  static void scale(float[] x, int at, int count, float factor) {
    check(x, at, count);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromArray(FLOAT, x, at + i).mul(factor).intoArray(x, at + i);
    }
    for (; i < count; i++) {
      x[at + i] *= factor;
    }
  }

  /** The sum of {@code x[i] * y[i]}; 0 of nothing. */
  static float dot(float[] x, int at, float[] y, int yAt, int count) {
    check(x, at, count);
    check(y, yAt, count);
    FloatVector a = FloatVector.zero(FLOAT);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int i = 0;
    for (; i <= count - 4 * LANES; i += 4 * LANES) {
      int u = at + i;
      int v = yAt + i;
      a = FloatVector.fromArray(FLOAT, x, u).fma(FloatVector.fromArray(FLOAT, y, v), a);
      b =
          FloatVector.fromArray(FLOAT, x, u + LANES)
              .fma(FloatVector.fromArray(FLOAT, y, v + LANES), b);
      c =
          FloatVector.fromArray(FLOAT, x, u + 2 * LANES)
              .fma(FloatVector.fromArray(FLOAT, y, v + 2 * LANES), c);
      d =
          FloatVector.fromArray(FLOAT, x, u + 3 * LANES)
              .fma(FloatVector.fromArray(FLOAT, y, v + 3 * LANES), d);
    }
    for (; i <= count - LANES; i += LANES) {
      a = FloatVector.fromArray(FLOAT, x, at + i).fma(FloatVector.fromArray(FLOAT, y, yAt + i), a);
    }
    FloatVector s = a.add(b).add(c.add(d));
    if (LANES > 8) {
      s = s.add(s.rearrange(BY_8));
    }
    if (LANES > 4) {
      s = s.add(s.rearrange(BY_4));
    }
    s = s.add(s.rearrange(BY_2));
    float sum = s.add(s.rearrange(BY_1)).lane(0);
    for (; i < count; i++) {
      sum = Math.fma(x[at + i], y[yAt + i], sum);
    }
    return sum;
  }

  /** The sum of {@code x[i] * x[i]}; 0 of nothing. */
  static float sumOfSquares(float[] x, int at, int count) {
    return dot(x, at, x, at, count);
  }

  /** The sum of {@code x[i]}; 0 of nothing. */
  static float sum(float[] x, int at, int count) {
    check(x, at, count);
    FloatVector a = FloatVector.zero(FLOAT);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int i = 0;
    for (; i <= count - 4 * LANES; i += 4 * LANES) {
      int u = at + i;
      a = a.add(FloatVector.fromArray(FLOAT, x, u));
      b = b.add(FloatVector.fromArray(FLOAT, x, u + LANES));
      c = c.add(FloatVector.fromArray(FLOAT, x, u + 2 * LANES));
      d = d.add(FloatVector.fromArray(FLOAT, x, u + 3 * LANES));
    }
    for (; i <= count - LANES; i += LANES) {
      a = a.add(FloatVector.fromArray(FLOAT, x, at + i));
    }
    FloatVector s = a.add(b).add(c.add(d));
    if (LANES > 8) {
      s = s.add(s.rearrange(BY_8));
    }
    if (LANES > 4) {
      s = s.add(s.rearrange(BY_4));
    }
    s = s.add(s.rearrange(BY_2));
    float sum = s.add(s.rearrange(BY_1)).lane(0);
    for (; i < count; i++) {
      sum += x[at + i];
    }
    return sum;
  }

  /** The highest {@code x[i]}; NaN if one is NaN, minus infinity of nothing. */
  static float max(float[] x, int at, int count) {
    check(x, at, count);
    FloatVector a = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int i = 0;
    for (; i <= count - 4 * LANES; i += 4 * LANES) {
      int u = at + i;
      a = a.max(FloatVector.fromArray(FLOAT, x, u));
      b = b.max(FloatVector.fromArray(FLOAT, x, u + LANES));
      c = c.max(FloatVector.fromArray(FLOAT, x, u + 2 * LANES));
      d = d.max(FloatVector.fromArray(FLOAT, x, u + 3 * LANES));
    }
    for (; i <= count - LANES; i += LANES) {
      a = a.max(FloatVector.fromArray(FLOAT, x, at + i));
    }
    float max = a.max(b).max(c.max(d)).reduceLanes(VectorOperators.MAX);
    for (; i < count; i++) {
      max = Math.max(max, x[at + i]);
    }
    return max;
  }

  static void check(float[] x, int at, int count) {
    Objects.checkFromIndexSize(at, count, x.length);
  }
}
