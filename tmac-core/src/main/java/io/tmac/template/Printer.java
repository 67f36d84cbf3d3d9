package io.tmac.template;

import java.util.List;
import java.util.Map;

/** Turns values into text, as Python's str and repr do. */
final class Printer {
  private final Text.Builder out = new Text.Builder();
  private final Budget budget;

  private Printer(Budget budget) {
    this.budget = budget;
  }

  /** The text of a value, as it is printed. */
  static Text text(Object value, Budget budget) {
    return switch (value) {
      case Text text -> text;
      case Undefined _ -> Text.EMPTY;
      case null, default -> {
        Printer printer = new Printer(budget);
        printer.print(value, 0);
        yield printer.out.build();
      }
    };
  }

  private void print(Object value, int depth) {
    Values.checkDepth(depth);
    budget.characters(8);
    switch (value) {
      case null -> out.append("None");
      case Boolean bool -> out.append(bool ? "True" : "False");
      case Long number -> out.append(number.toString());
      case Double number -> out.append(Numbers.print(number));
      case Text text -> quote(text);
      case Tuple items -> {
        out.append("(");
        list(items, depth);
        out.append(items.size() == 1 ? ",)" : ")");
      }
      case List<?> items -> {
        out.append("[");
        list(items, depth);
        out.append("]");
      }
      case Map<?, ?> map -> map(map, depth);
      case Undefined _ -> out.append("Undefined");
      default -> throw TemplateError.unsupported("printing " + Values.typeName(value));
    }
  }

  private void list(List<?> items, int depth) {
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      print(item, depth + 1);
      separator = ", ";
    }
  }

  private void map(Map<?, ?> map, int depth) {
    out.append("{");
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(separator);
      print(entry.getKey(), depth + 1);
      out.append(": ");
      print(entry.getValue(), depth + 1);
      separator = ", ";
    }
    out.append("}");
  }

  private void quote(Text text) {
    String string = text.string();
    budget.characters(2L * string.length());
    char quote = string.indexOf('\'') >= 0 && string.indexOf('"') < 0 ? '"' : '\'';
    out.append(String.valueOf(quote));
    for (int i = 0; i < string.length(); ) {
      int c = string.codePointAt(i);
      out.append(escaped(c, quote), text.isContent(i));
      i += Character.charCount(c);
    }
    out.append(String.valueOf(quote));
  }

  private static String escaped(int c, char quote) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\\' -> "\\\\";
      default -> {
        if (c == quote) {
          yield "\\" + quote;
        }
        if (isPrintable(c)) {
          yield Character.toString(c);
        }
        yield c < 0x100
            ? String.format("\\x%02x", c)
            : c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c);
      }
    };
  }

  private static boolean isPrintable(int c) {
    return c == ' '
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }
}
