package io.tmac.checkpoint.hf;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An object of a JSON file with getters that say what they expected. A member that is null counts
 * as absent.
 */
final class JsonObject {
  private final String source;
  private final long offset;
  private final Map<String, Object> members;
  private final Map<String, Long> offsets;

  JsonObject(String source, long offset, Map<String, Object> members, Map<String, Long> offsets) {
    this.source = source;
    this.offset = offset;
    this.members = members;
    this.offsets = offsets;
  }

  Set<String> names() {
    return members.keySet();
  }

  boolean has(String name) {
    return members.get(name) != null;
  }

  /** A whole number from {@code least} to 2^31 - 1. */
  int integer(String name, int least) {
    if (!has(name)) {
      throw fault(name, "a whole number", "nothing");
    }
    if (members.get(name) instanceof Long value && value >= least && value <= Integer.MAX_VALUE) {
      return value.intValue();
    }
    throw fault(name, "a whole number from " + least + " to 2^31 - 1", shown(members.get(name)));
  }

  /** The same, or something else if it is absent. */
  int integer(String name, int least, int otherwise) {
    return has(name) ? integer(name, least) : otherwise;
  }

  /** A positive number. */
  double positive(String name) {
    if (!has(name)) {
      throw fault(name, "a number", "nothing");
    }
    if (members.get(name) instanceof Number number
        && number.doubleValue() > 0
        && number.floatValue() > 0
        && Float.isFinite(number.floatValue())) {
      return number.doubleValue();
    }
    throw fault(name, "a positive number", shown(members.get(name)));
  }

  double positive(String name, double otherwise) {
    return has(name) ? positive(name) : otherwise;
  }

  boolean flag(String name, boolean otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    if (members.get(name) instanceof Boolean value) {
      return value;
    }
    throw fault(name, "true or false", shown(members.get(name)));
  }

  Optional<String> string(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (members.get(name) instanceof String value) {
      return Optional.of(value);
    }
    throw fault(name, "a string", shown(members.get(name)));
  }

  Optional<JsonObject> object(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (members.get(name) instanceof JsonObject value) {
      return Optional.of(value);
    }
    throw fault(name, "an object", shown(members.get(name)));
  }

  /** A list of whole numbers that are not negative; empty if it is absent. */
  List<Long> wholeNumbers(String name) {
    if (has(name) && !(members.get(name) instanceof List<?>)) {
      throw fault(name, "a list", shown(members.get(name)));
    }
    List<Long> numbers = oneOrMore(name);
    for (long number : numbers) {
      if (number < 0) {
        throw fault(name, "numbers that are not negative", "" + number);
      }
    }
    return numbers;
  }

  /** A list of whole numbers, or one alone; empty if it is absent. */
  List<Long> oneOrMore(String name) {
    if (!has(name)) {
      return List.of();
    }
    Object value = members.get(name);
    List<Long> numbers = new ArrayList<>();
    for (Object element : value instanceof List<?> list ? list : List.of(value)) {
      if (!(element instanceof Long number)) {
        throw fault(name, "whole numbers", shown(element));
      }
      numbers.add(number);
    }
    return numbers;
  }

  List<String> strings(String name) {
    if (!has(name)) {
      return List.of();
    }
    List<String> strings = new ArrayList<>();
    Object value = members.get(name);
    for (Object element : value instanceof List<?> list ? list : List.of(value)) {
      if (!(element instanceof String string)) {
        throw fault(name, "strings", shown(element));
      }
      strings.add(string);
    }
    return strings;
  }

  /** What the file says is wrong. */
  ModelFormatException fault(String name, String expected, String found) {
    return new ModelFormatException(source, offset(name), name + " to be " + expected, found);
  }

  /** What the file says is nothing that this library runs. */
  UnsupportedModelException unsupported(String name, String expected, String found) {
    return new UnsupportedModelException(source, offset(name), name + " to be " + expected, found);
  }

  private long offset(String name) {
    return offsets.getOrDefault(name, offset);
  }

  /** Short enough for a message. */
  static String shown(Object value) {
    String text =
        switch (value) {
          case null -> "null";
          case String string -> '"' + string + '"';
          case JsonObject object -> "an object";
          case List<?> list -> "a list";
          default -> value.toString();
        };
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
