package io.tmac.template;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of a call.
 *
 * @param positional those without a name
 * @param named those with one, in order
 */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** Stands for an argument that was left out. */
  private static final Object ABSENT = new Object();

  static Arguments of(Object... values) {
    return new Arguments(Arrays.asList(values), Map.of());
  }

  /** The arguments of a function whose parameters are known. */
  static final class Bound {
    private final Object[] values;

    private Bound(Object[] values) {
      this.values = values;
    }

    boolean has(int index) {
      return values[index] != ABSENT;
    }

    Object get(int index, Object otherwise) {
      return has(index) ? values[index] : otherwise;
    }

    Object required(int index) {
      if (!has(index)) {
        throw new TemplateError("argument " + (index + 1) + " is missing");
      }
      return values[index];
    }

    Text text(int index, Text otherwise) {
      Object value = get(index, otherwise);
      if (value == null || value instanceof Text) {
        return (Text) value;
      }
      throw new TemplateError(
          "argument " + (index + 1) + " must be a string, not " + Values.typeName(value));
    }

    long integer(int index, long otherwise) {
      Object value = get(index, otherwise);
      return switch (value) {
        case Long number -> number;
        case Boolean bool -> bool ? 1 : 0;
        case null, default ->
            throw new TemplateError(
                "argument " + (index + 1) + " must be an integer, not " + Values.typeName(value));
      };
    }

    boolean truth(int index, boolean otherwise) {
      return Values.truth(get(index, otherwise));
    }
  }

  /** Assigns the arguments to parameters. */
  Bound bind(String... parameters) {
    Object[] values = new Object[parameters.length];
    Arrays.fill(values, ABSENT);
    if (positional.size() > parameters.length) {
      throw new TemplateError(
          "takes at most " + parameters.length + " arguments, not " + positional.size());
    }
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    named.forEach((name, value) -> {
      int index = Arrays.asList(parameters).indexOf(name);
      if (index < 0) {
        throw TemplateError.unsupported("the argument '" + name + "'");
      }
      if (values[index] != ABSENT) {
        throw new TemplateError("the argument '" + name + "' is given twice");
      }
      values[index] = value;
    });
    return new Bound(values);
  }

  /** The arguments without the first {@code count} positional ones. */
  Arguments without(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /** The arguments without a named one. */
  Arguments without(String name) {
    Map<String, Object> others = new LinkedHashMap<>(named);
    others.remove(name);
    return new Arguments(positional, others);
  }
}
