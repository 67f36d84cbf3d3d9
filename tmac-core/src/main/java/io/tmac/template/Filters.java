package io.tmac.template;

import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The filters: {@code value | name(arguments)}. Those of lists are in {@link ListFilters}. */
final class Filters {
  /** Where Jinja's title begins a word. */
  private static final String WORD_BREAKS = "-({[<";

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");

  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private Filters() {}

  static Object apply(String name, Object value, Arguments arguments, Interpreter in) {
    Budget budget = in.budget();
    return switch (name) {
      case "trim" -> {
        Text text = Printer.text(value, budget);
        budget.characters(text.string().length());
        yield text.strip(arguments.bind("chars").text(0, null), true, true);
      }
      case "upper" -> TextMethods.upper(Printer.text(value, budget), budget);
      case "lower" -> TextMethods.lower(Printer.text(value, budget), budget);
      case "capitalize" -> TextMethods.capitalize(Printer.text(value, budget), budget);
      case "title" -> title(Printer.text(value, budget), budget);
      case "string" -> Printer.text(value, budget);
      case "safe" -> value;
      case "replace" -> replace(Printer.text(value, budget), arguments, budget);
      case "indent" -> {
        if (!(value instanceof Text text)) {
          throw new TemplateError("indent needs a string, not " + Values.typeName(value));
        }
        yield indent(text, arguments, budget);
      }
      case "format" -> Formats.percent(Printer.text(value, budget), arguments.positional(), budget);
      case "wordcount" -> {
        Text text = Printer.text(value, budget);
        budget.scan(text.string().length());
        yield WORD.matcher(text.string()).results().count();
      }
      case "tojson" -> Json.of(value, arguments, budget);
      case "default", "d" -> {
        Arguments.Bound bound = arguments.bind("default_value", "boolean");
        boolean absent =
            value instanceof Undefined || (bound.truth(1, false) && !Values.truth(value));
        yield absent ? bound.get(0, Text.EMPTY) : value;
      }
      case "length", "count" -> length(value);
      case "abs" -> {
        Object number = number(value);
        yield Numbers.toDouble(number) < 0 ? Numbers.negate(number) : Numbers.add(number, 0L);
      }
      case "int" -> integer(value, arguments);
      case "float" -> real(value, arguments);
      case "round" -> round(value, arguments);
      default -> ListFilters.apply(name, value, arguments, in);
    };
  }

  private static Object number(Object value) {
    if (!Numbers.isNumber(value)) {
      throw new TemplateError("needs a number, not " + Values.typeName(value));
    }
    return value;
  }

  static Object length(Object value) {
    return switch (value) {
      case Text text -> (long) text.count();
      case List<?> list -> (long) list.size();
      case Map<?, ?> map -> (long) map.size();
      case Undefined _ -> 0L;
      case null, default -> throw new TemplateError(Values.typeName(value) + " has no length");
    };
  }

  private static Text title(Text text, Budget budget) {
    budget.characters(2L * text.string().length());
    String string = text.string();
    Text.Builder out = new Text.Builder();
    boolean wordStart = true;
    for (int i = 0; i < string.length(); ) {
      int c = string.codePointAt(i);
      int next = i + Character.charCount(c);
      boolean separates = Text.isSpace(c) || WORD_BREAKS.indexOf(c) >= 0;
      Text character = text.substring(i, next);
      out.append(
          wordStart ? TextMethods.upper(character, budget) : TextMethods.lower(character, budget));
      wordStart = separates;
      i = next;
    }
    return out.build();
  }

  private static Text replace(Text text, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("old", "new", "count");
    long count = bound.get(2, null) == null ? -1 : bound.integer(2, -1);
    return TextMethods.replace(
        text,
        Printer.text(bound.required(0), budget),
        Printer.text(bound.required(1), budget),
        count,
        budget);
  }

  private static Text indent(Text text, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("width", "first", "blank");
    Text indent =
        bound.get(0, null) instanceof Text width
            ? width
            : Text.own(" ".repeat((int) Math.clamp(bound.integer(0, 4), 0, 1000)));
    boolean blank = bound.truth(2, false);
    Text.Builder out = new Text.Builder();
    List<Object> lines = TextMethods.lines(text.plus(Text.own("\n")), budget);
    for (int i = 0; i < lines.size(); i++) {
      Text line = (Text) lines.get(i);
      budget.characters(1L + indent.string().length() + line.string().length());
      if (i > 0) {
        out.append("\n");
      }
      if (i == 0 ? bound.truth(1, false) : blank || !line.isEmpty()) {
        out.append(indent);
      }
      out.append(line);
    }
    return out.build();
  }

  private static Object integer(Object value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("default", "base");
    Object otherwise = bound.get(0, 0L);
    return switch (value) {
      case Long number -> number;
      case Boolean bool -> bool ? 1L : 0L;
      case Double number when !number.isNaN() && Math.abs(number) < 9e18 -> (long) (double) number;
      case Text text -> {
        String string = text.strip(null, true, true).string();
        try {
          yield Long.parseLong(string.replace("_", ""), (int) bound.integer(1, 10));
        } catch (NumberFormatException e) {
          yield NUMBER.matcher(string).matches() && Math.abs(Double.parseDouble(string)) < 9e18
              ? (Object) (long) Double.parseDouble(string)
              : otherwise;
        }
      }
      case null, default -> otherwise;
    };
  }

  private static Object real(Object value, Arguments arguments) {
    Object otherwise = arguments.bind("default").get(0, 0.0);
    if (Numbers.isNumber(value)) {
      return Numbers.toDouble(value);
    }
    String string = value instanceof Text text ? text.strip(null, true, true).string() : "";
    return NUMBER.matcher(string).matches() ? (Object) Double.parseDouble(string) : otherwise;
  }

  private static Object round(Object value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("precision", "method");
    RoundingMode mode =
        switch (bound.text(1, Text.own("common")).string()) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw new TemplateError("round takes 'common', 'ceil' or 'floor'");
        };
    Object number = number(value);
    return !(number instanceof Double) && mode == RoundingMode.HALF_EVEN
        ? (Object) Numbers.toLong(number)
        : Numbers.round(Numbers.toDouble(number), bound.integer(0, 0), mode);
  }

  /** {@code dictsort}: pairs of key and value in order. */
  static Object sortMap(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("case_sensitive", "by", "reverse");
    if (!(value instanceof Map<?, ?> map)) {
      throw new TemplateError("dictsort needs a map, not " + Values.typeName(value));
    }
    budget.items(map.size());
    boolean sensitive = bound.truth(0, false);
    int by = bound.text(1, Text.own("key")).string().equals("value") ? 1 : 0;
    List<Object> pairs = Members.pairs(map);
    Comparator<Object> order =
        Comparator.comparing(
            pair -> ListFilters.folded(((List<?>) pair).get(by), sensitive, budget),
            (a, b) -> Values.compare(a, b, budget));
    pairs.sort(bound.truth(2, false) ? Collections.reverseOrder(order) : order);
    return pairs;
  }

  /** {@code items}: pairs of key and value. */
  static Object pairs(Object value, Budget budget) {
    return switch (value) {
      case Undefined _ -> new Generator(List.of());
      case Map<?, ?> map -> {
        budget.items(map.size());
        yield new Generator(Members.pairs(map));
      }
      case null, default ->
          throw new TemplateError("items needs a map, not " + Values.typeName(value));
    };
  }

  /** {@code dict(...)}. */
  static Object map(Arguments arguments, Budget budget) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (Object source : arguments.positional()) {
      if (source instanceof Map<?, ?> other) {
        budget.items(other.size());
        map.putAll(other);
      } else {
        for (Object pair : Values.items(source, budget)) {
          if (!(pair instanceof List<?> list) || list.size() != 2) {
            throw new TemplateError("dict needs pairs of key and value");
          }
          map.put(Values.key(list.get(0)), list.get(1));
        }
      }
    }
    arguments.named().forEach((name, value) -> map.put(Text.own(name), value));
    budget.items(map.size());
    return map;
  }

  /** A new list of a value's items. */
  static List<Object> list(Object value, Budget budget) {
    List<?> items = Values.items(value, budget);
    budget.items(items.size());
    return new ArrayList<>(items);
  }
}
