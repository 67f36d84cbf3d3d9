package io.tmac.template;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a template, and what holds for all of them: null is None, and beside it there are
 * {@link Boolean}, {@link Long}, {@link Double}, {@link Text}, {@link List}, {@link Tuple}, {@link
 * Map}, {@link Undefined}, {@link Namespace}, {@link Generator}, {@link LoopState} and {@link
 * Function}. Only a namespace can be changed.
 */
final class Values {
  private Values() {}

  /**
   * Makes values of Java objects; strings become content.
   *
   * @throws IllegalArgumentException if there is an object that templates know nothing of
   */
  static Object of(Object object) {
    return of(object, 0);
  }

  private static Object of(Object object, int depth) {
    if (depth > Budget.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "a chat template's variables are nested more than " + Budget.MAX_DEPTH + " levels deep");
    }
    return switch (object) {
      case null -> null;
      case Text text -> text;
      case CharSequence string -> Text.content(string.toString());
      case Boolean bool -> bool;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Double number -> number;
      case Float number -> number.doubleValue();
      case Map<?, ?> map -> {
        Map<Object, Object> values = LinkedHashMap.newLinkedHashMap(map.size());
        map.forEach((key, value) -> values.put(of(key, depth + 1), of(value, depth + 1)));
        yield values;
      }
      case Collection<?> items -> {
        List<Object> values = new ArrayList<>(items.size());
        items.forEach(item -> values.add(of(item, depth + 1)));
        yield values;
      }
      default ->
          throw new IllegalArgumentException(
              "a chat template takes strings, numbers, booleans, lists and maps, not a "
                  + object.getClass().getName());
    };
  }

  /** The number of characters in a value, and of items, for the budget. */
  static long size(Object value) {
    return switch (value) {
      case Text text -> 1 + text.string().length();
      case Map<?, ?> map ->
          1
              + map.entrySet().stream()
                  .mapToLong(entry -> size(entry.getKey()) + size(entry.getValue()))
                  .sum();
      case List<?> items -> 1 + items.stream().mapToLong(Values::size).sum();
      case null, default -> 1;
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean bool -> bool;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case Text text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case Undefined _ -> false;
      default -> true;
    };
  }

  static boolean equal(Object a, Object b, Budget budget) {
    return equal(a, b, budget, 0);
  }

  private static boolean equal(Object a, Object b, Budget budget, int depth) {
    checkDepth(depth);
    budget.step();
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.equal(a, b);
    }
    if (a instanceof Text left && b instanceof Text right) {
      budget.scan(left.string().length());
      return left.equals(right);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      boolean equal = a instanceof Tuple == b instanceof Tuple && left.size() == right.size();
      for (int i = 0; equal && i < left.size(); i++) {
        equal = equal(left.get(i), right.get(i), budget, depth + 1);
      }
      return equal;
    }
    if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
      boolean equal = left.size() == right.size();
      for (Map.Entry<?, ?> entry : left.entrySet()) {
        equal =
            equal
                && right.containsKey(entry.getKey())
                && equal(entry.getValue(), right.get(entry.getKey()), budget, depth + 1);
      }
      return equal;
    }
    return a instanceof Undefined ? b instanceof Undefined : a == b;
  }

  /** The order of two values; an error if they have none. */
  static int compare(Object a, Object b, Budget budget) {
    return compare(a, b, budget, 0);
  }

  private static int compare(Object a, Object b, Budget budget, int depth) {
    checkDepth(depth);
    budget.step();
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof Text left && b instanceof Text right) {
      budget.scan(Math.min(left.string().length(), right.string().length()));
      return left.compareTo(right);
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
        if (!equal(left.get(i), right.get(i), budget, depth + 1)) {
          return compare(left.get(i), right.get(i), budget, depth + 1);
        }
      }
      return Integer.compare(left.size(), right.size());
    }
    defined(a);
    defined(b);
    throw new TemplateError(typeName(a) + " and " + typeName(b) + " cannot be compared");
  }

  /** Returns the value unless it is undefined: that is an error. */
  static Object defined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    return value;
  }

  /** The items that a loop over a value takes. */
  static List<?> items(Object value, Budget budget) {
    return switch (value) {
      case List<?> list -> list;
      case Map<?, ?> map -> {
        budget.items(map.size());
        yield new ArrayList<>(map.keySet());
      }
      case Text text -> characters(text, budget);
      case Generator generator -> generator.rest();
      case Undefined _ -> List.of();
      case null, default -> throw new TemplateError(typeName(value) + " has no items");
    };
  }

  private static List<Text> characters(Text text, Budget budget) {
    int length = text.string().length();
    budget.items(2L * length);
    List<Text> characters = new ArrayList<>();
    for (int at = 0; at < length; ) {
      int next = at + Character.charCount(text.string().codePointAt(at));
      characters.add(text.substring(at, next));
      at = next;
    }
    return characters;
  }

  /** Whether a map can have a value as a key. */
  static boolean isKey(Object value) {
    return value == null || value instanceof Text || Numbers.isNumber(value);
  }

  /** A key of a map. */
  static Object key(Object value) {
    return switch (value) {
      case Double number when number == Math.rint(number) && Math.abs(number) < 1L << 53 ->
          number.longValue();
      case null -> null;
      case Text _, Long _, Double _, Boolean _ -> value;
      default -> throw new TemplateError(typeName(value) + " cannot be the key of a map");
    };
  }

  static String typeName(Object value) {
    return switch (value) {
      case null -> "none";
      case Boolean _ -> "a boolean";
      case Long _ -> "an integer";
      case Double _ -> "a float";
      case Text _ -> "a string";
      case Tuple _ -> "a tuple";
      case List<?> _ -> "a list";
      case Map<?, ?> _ -> "a map";
      case Undefined undefined -> undefined.what() + ", which is undefined,";
      case Namespace _ -> "a namespace";
      case Generator _ -> "a generator";
      default -> "a function";
    };
  }

  static void checkDepth(int depth) {
    if (depth > Budget.MAX_DEPTH) {
      throw new TemplateError("makes lists more than " + Budget.MAX_DEPTH + " levels deep");
    }
  }
}
