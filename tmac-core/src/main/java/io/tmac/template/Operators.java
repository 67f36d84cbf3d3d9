package io.tmac.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Operators of two values. */
final class Operators {
  private Operators() {}

  /** {@code + - * / // % **}. */
  static Object apply(String operator, Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return switch (operator) {
        case "+" -> Numbers.add(left, right);
        case "-" -> Numbers.subtract(left, right);
        case "*" -> Numbers.multiply(left, right);
        case "/" -> Numbers.divide(left, right);
        case "//" -> Numbers.floorDivide(left, right);
        case "%" -> Numbers.modulo(left, right);
        default -> Numbers.power(left, right);
      };
    }
    if (operator.equals("+")) {
      return add(left, right, budget);
    }
    if (operator.equals("*") && isInteger(left)) {
      return repeat(right, Numbers.toLong(left), left, budget);
    }
    if (operator.equals("*") && isInteger(right)) {
      return repeat(left, Numbers.toLong(right), right, budget);
    }
    if (operator.equals("%") && left instanceof Text format) {
      return Formats.percent(format, right, budget);
    }
    return mismatch(operator, left, right);
  }

  private static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof Boolean;
  }

  private static Object mismatch(String operator, Object left, Object right) {
    Values.defined(left);
    Values.defined(right);
    throw new TemplateError(
        "'"
            + operator
            + "' cannot take "
            + Values.typeName(left)
            + " and "
            + Values.typeName(right));
  }

  private static Object add(Object left, Object right, Budget budget) {
    if (left instanceof Text a && right instanceof Text b) {
      budget.characters((long) a.string().length() + b.string().length());
      return a.plus(b);
    }
    if (left instanceof List<?> a
        && right instanceof List<?> b
        && left instanceof Tuple == right instanceof Tuple) {
      budget.items((long) a.size() + b.size());
      List<Object> sum = new ArrayList<>(a);
      sum.addAll(b);
      return left instanceof Tuple ? new Tuple(sum) : sum;
    }
    return mismatch("+", left, right);
  }

  private static Object repeat(Object value, long count, Object other, Budget budget) {
    long times = Math.clamp(count, 0, Integer.MAX_VALUE);
    switch (value) {
      case Text text -> {
        budget.characters(times * text.string().length());
        Text.Builder out = new Text.Builder();
        for (long i = 0; i < times && !text.isEmpty(); i++) {
          out.append(text);
        }
        return out.build();
      }
      case List<?> list -> {
        budget.items(times * list.size());
        List<Object> items = new ArrayList<>();
        for (long i = 0; i < times && !list.isEmpty(); i++) {
          items.addAll(list);
        }
        return value instanceof Tuple ? new Tuple(items) : items;
      }
      case null, default -> {
        return mismatch("*", value, other);
      }
    }
  }

  /** {@code == != < <= > >= in}, and {@code not in}. */
  static boolean compare(String operator, Object left, Object right, Budget budget) {
    return switch (operator) {
      case "==" -> Values.equal(left, right, budget);
      case "!=" -> !Values.equal(left, right, budget);
      case "in" -> contains(right, left, budget);
      case "not in" -> !contains(right, left, budget);
      case "<" -> Values.compare(left, right, budget) < 0;
      case "<=" -> Values.compare(left, right, budget) <= 0;
      case ">" -> Values.compare(left, right, budget) > 0;
      default -> Values.compare(left, right, budget) >= 0;
    };
  }

  static boolean contains(Object container, Object value, Budget budget) {
    switch (container) {
      case Text text -> {
        if (!(Values.defined(value) instanceof Text sought)) {
          throw new TemplateError("'in' a string needs a string, not " + Values.typeName(value));
        }
        budget.search(text.string().length(), sought.string().length());
        return text.string().contains(sought.string());
      }
      case Map<?, ?> map -> {
        return Values.isKey(value) && map.containsKey(Values.key(value));
      }
      case null, default -> {
        for (Object item : Values.items(container, budget)) {
          if (Values.equal(item, value, budget)) {
            return true;
          }
        }
        return false;
      }
    }
  }
}
