package io.tmac.template;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Texts with places to fill in: Python's {@code %}, {@code str.format} and {@code strftime}. */
final class Formats {
  private static final Map<Character, String> DATE_PARTS =
      Map.ofEntries(
          Map.entry('d', "dd"),
          Map.entry('b', "MMM"),
          Map.entry('B', "MMMM"),
          Map.entry('m', "MM"),
          Map.entry('Y', "yyyy"),
          Map.entry('y', "yy"),
          Map.entry('a', "EEE"),
          Map.entry('A', "EEEE"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('M', "mm"),
          Map.entry('S', "ss"),
          Map.entry('p', "a"),
          Map.entry('j', "DDD"),
          Map.entry('F', "yyyy-MM-dd"),
          Map.entry('T', "HH:mm:ss"));

  private Formats() {}

  /** Fills in one value, or those of a tuple; a list or map need not be used, as in Python. */
  static Text percent(Text format, Object value, Budget budget) {
    boolean optional = value instanceof List && !(value instanceof Tuple) || value instanceof Map;
    if (optional && format.string().indexOf('%') < 0) {
      return format;
    }
    return percent(
        format, value instanceof Tuple tuple ? tuple : Collections.singletonList(value), budget);
  }

  /** Fills in {@code %s} and {@code %d}. */
  static Text percent(Text format, List<?> values, Budget budget) {
    String string = format.string();
    Text.Builder out = new Text.Builder();
    int next = 0;
    int done = 0;
    for (int i = string.indexOf('%'); i >= 0; i = string.indexOf('%', i)) {
      out.append(format, done, i);
      char kind = i + 1 < string.length() ? string.charAt(i + 1) : ' ';
      if (kind == '%') {
        out.append(format, i, i + 1);
      } else if (kind == 's' || kind == 'd') {
        if (next == values.size()) {
          throw new TemplateError("not enough values for the format '" + string + "'");
        }
        Text value = Printer.text(values.get(next++), budget);
        budget.characters(value.string().length());
        out.append(value);
      } else {
        throw TemplateError.unsupported("the format '%" + kind + "'");
      }
      i += 2;
      done = i;
    }
    if (next < values.size()) {
      throw new TemplateError("too many values for the format '" + string + "'");
    }
    budget.characters(string.length());
    return out.append(format, done, string.length()).build();
  }

  /** Fills in {@code {}}, {@code {0}} and {@code {name}}. */
  static Text braces(Text format, Arguments arguments, Budget budget) {
    String string = format.string();
    budget.characters(string.length());
    Text.Builder out = new Text.Builder();
    int next = 0;
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c != '{' && c != '}') {
        out.append(format, i, i + 1);
      } else if (i + 1 < string.length() && string.charAt(i + 1) == c) {
        out.append(format, i, i + 1);
        i++;
      } else {
        int end = c == '{' ? string.indexOf('}', i) : -1;
        if (end < 0) {
          throw new TemplateError("a single '" + c + "' in a format");
        }
        String field = string.substring(i + 1, end);
        Object value = field(field.isEmpty() ? String.valueOf(next++) : field, arguments);
        Text text = Printer.text(value, budget);
        budget.characters(text.string().length());
        out.append(text);
        i = end;
      }
    }
    return out.build();
  }

  private static Object field(String field, Arguments arguments) {
    if (field.matches("\\d{1,4}")) {
      int index = Integer.parseInt(field);
      if (index < arguments.positional().size()) {
        return arguments.positional().get(index);
      }
    } else if (arguments.named().containsKey(field)) {
      return arguments.named().get(field);
    }
    throw new TemplateError("no value for the format '{" + field + "}'");
  }

  /** A date as {@code strftime} writes it, in English. */
  static Text date(ZonedDateTime date, Text format) {
    String string = format.string();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      boolean unpadded = i + 2 < string.length() && string.charAt(i + 1) == '-';
      i += unpadded ? 2 : 1;
      char part = i < string.length() ? string.charAt(i) : ' ';
      if (part == '%') {
        out.append('%');
      } else if (DATE_PARTS.containsKey(part)) {
        String text =
            date.format(DateTimeFormatter.ofPattern(DATE_PARTS.get(part), Locale.ENGLISH));
        out.append(unpadded ? text.replaceFirst("^0+(?=.)", "") : text);
      } else {
        throw TemplateError.unsupported("the date format '%" + part + "'");
      }
    }
    return Text.own(out.toString());
  }
}
