package io.tmac.template;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Arithmetic as Python does it, except that integers end at 64 bits. */
final class Numbers {
  private Numbers() {}

  static Long parseInteger(String literal) {
    String digits = literal.replace("_", "");
    int radix =
        switch (digits.length() > 1 ? Character.toLowerCase(digits.charAt(1)) : '0') {
          case 'b' -> 2;
          case 'o' -> 8;
          case 'x' -> 16;
          default -> 10;
        };
    try {
      return Long.parseLong(radix == 10 ? digits : digits.substring(2), radix);
    } catch (NumberFormatException e) {
      throw TemplateError.unsupported("the integer " + literal + " beyond 64 bits");
    }
  }

  /** Whether a value takes part in arithmetic; booleans do, as 0 and 1. */
  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  private static boolean isInteger(Object value) {
    return !(value instanceof Double);
  }

  static double toDouble(Object number) {
    return number instanceof Double value ? value : (double) toLong(number);
  }

  static long toLong(Object integer) {
    return integer instanceof Boolean value ? (value ? 1 : 0) : (Long) integer;
  }

  static int compare(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? Long.compare(toLong(a), toLong(b))
        : Double.compare(toDouble(a), toDouble(b));
  }

  static boolean equal(Object a, Object b) {
    return isInteger(a) && isInteger(b) ? toLong(a) == toLong(b) : toDouble(a) == toDouble(b);
  }

  static Object negate(Object a) {
    return isInteger(a) ? exact(() -> Math.negateExact(toLong(a))) : (Object) (-toDouble(a));
  }

  static Object add(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? exact(() -> Math.addExact(toLong(a), toLong(b)))
        : (Object) (toDouble(a) + toDouble(b));
  }

  static Object subtract(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? exact(() -> Math.subtractExact(toLong(a), toLong(b)))
        : (Object) (toDouble(a) - toDouble(b));
  }

  static Object multiply(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? exact(() -> Math.multiplyExact(toLong(a), toLong(b)))
        : (Object) (toDouble(a) * toDouble(b));
  }

  static Object divide(Object a, Object b) {
    return toDouble(a) / toDouble(notZero(b));
  }

  static Object floorDivide(Object a, Object b) {
    notZero(b);
    return isInteger(a) && isInteger(b)
        ? exact(() -> Math.floorDivExact(toLong(a), toLong(b)))
        : (Object) floorDivide(toDouble(a), toDouble(b));
  }

  /** Exact where a / b would be rounded up to a whole number: 2.5 // 0.1 is 24. */
  private static double floorDivide(double a, double b) {
    double rest = a % b;
    double quotient = (a - rest) / b;
    return Math.rint(rest != 0 && rest < 0 != b < 0 ? quotient - 1 : quotient);
  }

  static Object modulo(Object a, Object b) {
    notZero(b);
    if (isInteger(a) && isInteger(b)) {
      return Math.floorMod(toLong(a), toLong(b));
    }
    double divisor = toDouble(b);
    double rest = toDouble(a) % divisor;
    return rest != 0 && rest < 0 != divisor < 0 ? rest + divisor : rest;
  }

  static Object power(Object a, Object b) {
    if (!isInteger(a) || !isInteger(b) || toLong(b) < 0) {
      return Math.pow(toDouble(a), toDouble(b));
    }
    return exact(() -> {
      long result = 1;
      long base = toLong(a);
      for (long exponent = toLong(b); exponent > 0; exponent >>= 1) {
        if ((exponent & 1) == 1) {
          result = Math.multiplyExact(result, base);
        }
        if (exponent > 1) {
          base = Math.multiplyExact(base, base);
        }
      }
      return result;
    });
  }

  /** Rounds to so many decimals; ties go to the even neighbour. */
  static double round(double value, long decimals, RoundingMode mode) {
    if (Double.isNaN(value) || Double.isInfinite(value) || Math.abs(decimals) > 300) {
      return value;
    }
    return new BigDecimal(value).setScale((int) decimals, mode).doubleValue();
  }

  private static Object notZero(Object divisor) {
    if (toDouble(divisor) == 0) {
      throw new TemplateError("division by zero");
    }
    return divisor;
  }

  private static Object exact(java.util.function.LongSupplier computation) {
    try {
      return computation.getAsLong();
    } catch (ArithmeticException e) {
      throw TemplateError.unsupported("an integer beyond 64 bits");
    }
  }

  /** A float as Python prints it. */
  static String print(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = decimal.unscaledValue().abs().toString();
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
