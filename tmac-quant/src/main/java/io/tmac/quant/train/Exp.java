package io.tmac.quant.train;

import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The exponential function, made of operations that are exact to the bit at any vector width; the
 * library function {@code VectorOperators.EXP} differs between the interpreter and compiled code.
 *
 * <p>exp(x) = 2^n * exp(r) with n = round(x / ln 2) and |r| <= ln 2 / 2; ln 2 in two parts (Cody
 * and Waite, 1980), and a minimax polynomial of degree 7 for exp(r) (Moshier, Cephes, expf). The
 * relative error is below 2e-7 while the result is a normal number.
 */
final class Exp {
  /** exp is 0 below it and infinite above {@link #HIGHEST}, in floats. */
  private static final float LOWEST = -104;

  private static final float HIGHEST = 89;
  private static final float LOG2_E = 0x1.715476p0f;
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -0x1.bd0106p-13f;
  private static final float C2 = 0x1.0p-1f;
  private static final float C3 = 0x1.555554p-3f;
  private static final float C4 = 0x1.555382p-5f;
  private static final float C5 = 0x1.11121p-7f;
  private static final float C6 = 0x1.6e879cp-10f;
  private static final float C7 = 0x1.a0d2cep-13f;

  /** Adding it rounds to an integer, half to even, which then stands in the lowest bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private Exp() {}

  /**
   * {@code out[i] = exp(factor * x[i] + shift)} with one rounding of the argument; 0 and infinity
   * where a float cannot hold the result, NaN for NaN.
   *
   * @param x arguments, from index {@code at}
   * @param factor factor of the arguments
   * @param shift is added to the arguments
   * @param out receives the results from index {@code outAt}; may be {@code x} with the same index
   * @param count number of arguments
   * @throws IndexOutOfBoundsException if a range is not inside its array
   */
  static void exp(float[] x, int at, float factor, float shift, float[] out, int outAt, int count) {
    FloatMath.check(x, at, count);
    FloatMath.check(out, outAt, count);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector c =
          FloatVector.fromArray(FLOAT, x, at + i)
              .fma(FloatVector.broadcast(FLOAT, factor), FloatVector.broadcast(FLOAT, shift));
      c = c.blend(LOWEST, c.compare(VectorOperators.LT, LOWEST));
      c = c.blend(HIGHEST, c.compare(VectorOperators.GT, HIGHEST));
      FloatVector z =
          c.fma(FloatVector.broadcast(FLOAT, LOG2_E), FloatVector.broadcast(FLOAT, ROUND));
      FloatVector n = z.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(FLOAT, -LN2_HIGH), c);
      r = n.fma(FloatVector.broadcast(FLOAT, -LN2_LOW), r);
      FloatVector p = r.fma(FloatVector.broadcast(FLOAT, C7), FloatVector.broadcast(FLOAT, C6));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C5));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C4));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C3));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C2));
      p = p.fma(r.mul(r), r).add(1);
      // 2^n may be no float: multiply by two powers.
      var exponent = z.reinterpretAsInts().sub(ROUND_BITS);
      var half = exponent.lanewise(VectorOperators.ASHR, 1);
      var rest = exponent.sub(half);
      p = p.mul(half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
      p = p.mul(rest.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
      p.intoArray(out, outAt + i);
    }
    for (; i < count; i++) {
      out[outAt + i] = exp(Math.fma(x[at + i], factor, shift));
    }
  }

  /** The same operations for one value. */
  private static float exp(float x) {
    float c = x < LOWEST ? LOWEST : x > HIGHEST ? HIGHEST : x;
    float z = Math.fma(c, LOG2_E, ROUND);
    float n = z - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, c));
    float p = Math.fma(r, C7, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r * r, r) + 1;
    int exponent = Float.floatToRawIntBits(z) - ROUND_BITS;
    int half = exponent >> 1;
    return p * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }
}
