package io.tmac.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The filter {@code tojson}: Python's json.dumps with ensure_ascii off, as transformers sets it.
 */
final class Json {
  private final Text.Builder out = new Text.Builder();
  private final Budget budget;
  private final String indent; // null if all is to be on one line
  private final Text itemSeparator;
  private final Text keySeparator;
  private final boolean sortKeys;

  private Json(
      String indent, Text itemSeparator, Text keySeparator, boolean sortKeys, Budget budget) {
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.sortKeys = sortKeys;
    this.budget = budget;
  }

  static Text of(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("ensure_ascii", "indent", "separators", "sort_keys");
    if (bound.truth(0, false)) {
      throw TemplateError.unsupported("tojson with ensure_ascii=true");
    }
    String indent =
        switch (bound.get(1, null)) {
          case null -> null;
          case Text text -> text.string();
          case Object _ -> " ".repeat((int) Math.clamp(bound.integer(1, 0), 0, 100));
        };
    Text items = Text.own(indent == null ? ", " : ",");
    Text keys = Text.own(": ");
    if (bound.get(2, null) instanceof List<?> pair && pair.size() == 2) {
      items = (Text) pair.get(0);
      keys = (Text) pair.get(1);
    }
    Json json = new Json(indent, items, keys, bound.truth(3, false), budget);
    json.write(value, 0);
    return json.out.build();
  }

  private void write(Object value, int depth) {
    Values.checkDepth(depth);
    budget.characters(8);
    switch (value) {
      case Text text -> string(text);
      case List<?> list -> list(list, depth);
      case Map<?, ?> map -> map(map, depth);
      case null, default -> out.append(scalar(value));
    }
  }

  private static String scalar(Object value) {
    return switch (value) {
      case null -> "null";
      case Boolean bool -> bool.toString();
      case Long number -> number.toString();
      case Double number when number.isNaN() -> "NaN";
      case Double number when number.isInfinite() -> number > 0 ? "Infinity" : "-Infinity";
      case Double number -> Numbers.print(number);
      default -> throw new TemplateError("tojson cannot write " + Values.typeName(value));
    };
  }

  private void list(List<?> items, int depth) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append("[");
    for (int i = 0; i < items.size(); i++) {
      separate(i, depth);
      write(items.get(i), depth + 1);
    }
    newLine(depth);
    out.append("]");
  }

  private void map(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    out.append("{");
    List<Object> keys = new ArrayList<>(map.keySet());
    if (sortKeys) {
      keys.sort((a, b) -> Values.compare(a, b, budget));
    }
    for (int i = 0; i < keys.size(); i++) {
      separate(i, depth);
      string(keys.get(i) instanceof Text text ? text : Text.own(scalar(keys.get(i))));
      out.append(keySeparator);
      write(map.get(keys.get(i)), depth + 1);
    }
    newLine(depth);
    out.append("}");
  }

  private void separate(int index, int depth) {
    if (index > 0) {
      out.append(itemSeparator);
    }
    newLine(depth + 1);
  }

  private void newLine(int depth) {
    if (indent != null) {
      budget.characters((long) depth * indent.length());
      out.append("\n" + indent.repeat(depth));
    }
  }

  private void string(Text text) {
    String string = text.string();
    budget.characters(2L * string.length());
    out.append("\"");
    int done = 0;
    for (int i = 0; i < string.length(); i++) {
      String escape = escape(string.charAt(i));
      if (escape != null) {
        out.append(text, done, i).append(escape, text.isContent(i));
        done = i + 1;
      }
    }
    out.append(text, done, string.length()).append("\"");
  }

  private static String escape(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default -> c < ' ' ? String.format("\\u%04x", (int) c) : null;
    };
  }
}
