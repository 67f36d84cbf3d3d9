package io.tmac.template;

import java.util.List;
import java.util.Map;

/** The tests: {@code value is name(arguments)}. */
final class Tests {
  private Tests() {}

  static boolean holds(String name, Object value, Arguments arguments, Interpreter in) {
    Budget budget = in.budget();
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "string" -> value instanceof Text;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "number" -> Numbers.isNumber(value);
      case "mapping" -> value instanceof Map;
      case "sequence" ->
          value instanceof Text
              || value instanceof List
              || value instanceof Map
              || value instanceof Undefined;
      case "iterable" ->
          value instanceof Text
              || value instanceof List
              || value instanceof Map
              || value instanceof Generator
              || value instanceof LoopState
              || value instanceof Undefined;
      case "callable" ->
          value instanceof Function || value instanceof LoopState || value instanceof Undefined;
      case "odd" -> modulo(value, 2L) == 1;
      case "even" -> modulo(value, 2L) == 0;
      case "divisibleby" -> modulo(value, arguments.bind("num").required(0)) == 0;
      case "upper" -> cased(value, "isupper", budget);
      case "lower" -> cased(value, "islower", budget);
      case "in" -> Operators.contains(other(arguments), value, budget);
      case "sameas" -> value == other(arguments) || sameScalar(value, arguments);
      case "==", "eq", "equalto" -> Operators.compare("==", value, other(arguments), budget);
      case "!=", "ne" -> Operators.compare("!=", value, other(arguments), budget);
      case "<", "lt", "lessthan" -> Operators.compare("<", value, other(arguments), budget);
      case "<=", "le" -> Operators.compare("<=", value, other(arguments), budget);
      case ">", "gt", "greaterthan" -> Operators.compare(">", value, other(arguments), budget);
      case ">=", "ge" -> Operators.compare(">=", value, other(arguments), budget);
      default -> throw TemplateError.unsupported("the test '" + name + "'");
    };
  }

  private static Object other(Arguments arguments) {
    return arguments.bind("other").required(0);
  }

  private static double modulo(Object value, Object divisor) {
    if (!Numbers.isNumber(value) || !Numbers.isNumber(divisor)) {
      throw new TemplateError("needs numbers, not " + Values.typeName(value));
    }
    return Numbers.toDouble(Numbers.modulo(value, divisor));
  }

  private static boolean cased(Object value, String method, Budget budget) {
    Text text = Printer.text(value, budget);
    return (Boolean) TextMethods.call(text, method, Arguments.NONE, budget);
  }

  /** Booleans and numbers have no identity of their own here: equal ones are the same. */
  private static boolean sameScalar(Object value, Arguments arguments) {
    Object other = other(arguments);
    return value != null
        && Numbers.isNumber(value)
        && other != null
        && value.getClass() == other.getClass()
        && value.equals(other);
  }
}
