package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.FLOAT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The exponential function. It is made of additions, multiplications and fused multiply-adds alone,
 * which give the same bits in the interpreter, in compiled code and at any vector width; the
 * library function {@code VectorOperators.EXP} does not.
 *
 * <p>exp(x) = 2^n * exp(r) with n = round(x / ln 2) and |r| <= ln 2 / 2; ln 2 in two parts (Cody
 * and Waite), and a polynomial of degree 6 for exp(r) (Taylor coefficients; its error on that
 * interval, 2e-7, is near float rounding).
 */
final class Exp {
  private static final float LOWEST = -87f;
  private static final float HIGHEST = 88f;
  private static final float LOG2_E = 0x1.715476p0f;
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -0x1.bd0106p-13f;
  private static final float C2 = 1f / 2;
  private static final float C3 = 1f / 6;
  private static final float C4 = 1f / 24;
  private static final float C5 = 1f / 120;
  private static final float C6 = 1f / 720;

  /** Adding and subtracting it rounds to an integer, half to even. */
  static final float ROUND = 0x1.8p23f;

  private Exp() {}

  /**
   * {@code a[i] = exp(a[i] - shift)} for {@code from <= i < to}; 0 where the exponent is below -87.
   * Plain loops give the same bits as vectors.
   */
  static void shiftedExp(float[] a, int from, int to, float shift, boolean vectors) {
    int end = vectors ? to - FLOAT.length() : from - 1;
    int i = from;
    for (; i <= end; i += FLOAT.length()) {
      FloatVector x = FloatVector.fromArray(FLOAT, a, i).sub(shift);
      FloatVector c = x.max(LOWEST).min(HIGHEST);
      FloatVector z = c.mul(LOG2_E).add(ROUND); // n in the lowest bits
      FloatVector n = z.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(FLOAT, -LN2_HIGH), c);
      r = n.fma(FloatVector.broadcast(FLOAT, -LN2_LOW), r);
      FloatVector p = r.fma(FloatVector.broadcast(FLOAT, C6), FloatVector.broadcast(FLOAT, C5));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C4));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C3));
      p = p.fma(r, FloatVector.broadcast(FLOAT, C2));
      p = p.fma(r, FloatVector.broadcast(FLOAT, 1));
      p = p.fma(r, FloatVector.broadcast(FLOAT, 1));
      FloatVector power =
          z.reinterpretAsInts().add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      p.mul(power).blend(0, x.compare(VectorOperators.LT, LOWEST)).intoArray(a, i);
    }
    for (; i < to; i++) {
      // The same operations for one value.
      float x = a[i] - shift;
      float c = Math.min(Math.max(x, LOWEST), HIGHEST);
      float z = c * LOG2_E + ROUND;
      float n = z - ROUND;
      float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, c));
      float p = Math.fma(r, C6, C5);
      p = Math.fma(p, r, C4);
      p = Math.fma(p, r, C3);
      p = Math.fma(p, r, C2);
      p = Math.fma(p, r, 1);
      p = Math.fma(p, r, 1);
      float power = Float.intBitsToFloat((Float.floatToRawIntBits(z) + 127) << 23);
      a[i] = x < LOWEST ? 0 : p * power;
    }
  }
}
