package io.tmac.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of strings. */
final class TextMethods {
  private static final Set<String> NAMES =
      Set.of(
          "capitalize",
          "casefold",
          "center",
          "count",
          "encode",
          "endswith",
          "expandtabs",
          "find",
          "format",
          "format_map",
          "index",
          "isalnum",
          "isalpha",
          "isascii",
          "isdecimal",
          "isdigit",
          "isidentifier",
          "islower",
          "isnumeric",
          "isprintable",
          "isspace",
          "istitle",
          "isupper",
          "join",
          "ljust",
          "lower",
          "lstrip",
          "maketrans",
          "partition",
          "removeprefix",
          "removesuffix",
          "replace",
          "rfind",
          "rindex",
          "rjust",
          "rpartition",
          "rsplit",
          "rstrip",
          "split",
          "splitlines",
          "startswith",
          "strip",
          "swapcase",
          "title",
          "translate",
          "upper",
          "zfill");

  private TextMethods() {}

  /** Whether Python's strings have such a method. */
  static boolean has(String name) {
    return NAMES.contains(name);
  }

  static Object call(Text text, String name, Arguments arguments, Budget budget) {
    budget.characters(text.string().length());
    return switch (name) {
      case "strip", "lstrip", "rstrip" -> {
        Text set = arguments.bind("chars").text(0, null);
        yield text.strip(set, !name.equals("rstrip"), !name.equals("lstrip"));
      }
      case "split" -> split(text, arguments, budget);
      case "rsplit" -> rsplit(text, arguments, budget);
      case "splitlines" -> lines(text, budget);
      case "startswith", "endswith" ->
          matches(text, arguments.bind("prefix").required(0), name.equals("startswith"));
      case "upper" -> upper(text, budget);
      case "lower" -> lower(text, budget);
      case "title" -> text.map(TextMethods::title);
      case "capitalize" -> capitalize(text, budget);
      case "replace" -> {
        Arguments.Bound bound = arguments.bind("old", "new", "count");
        yield replace(text, required(bound, 0), required(bound, 1), bound.integer(2, -1), budget);
      }
      case "join" ->
          join(text, Values.items(arguments.bind("iterable").required(0), budget), budget);
      case "find", "rfind", "index" -> find(text, name, arguments, budget);
      case "count" -> {
        Text sought = required(arguments.bind("sub"), 0);
        yield sought.isEmpty() ? text.count() + 1L : places(text, sought, -1, budget).size();
      }
      case "removeprefix" -> {
        Text prefix = required(arguments.bind("prefix"), 0);
        boolean found = text.string().startsWith(prefix.string());
        yield found ? text.substring(prefix.string().length(), text.string().length()) : text;
      }
      case "removesuffix" -> {
        Text suffix = required(arguments.bind("suffix"), 0);
        boolean found = text.string().endsWith(suffix.string());
        yield found ? text.substring(0, text.string().length() - suffix.string().length()) : text;
      }
      case "partition", "rpartition" -> partition(text, name, arguments, budget);
      case "format" -> Formats.braces(text, arguments, budget);
      case "isdigit", "isdecimal", "isnumeric" -> all(text, Character::isDigit);
      case "isalpha" -> all(text, Character::isLetter);
      case "isalnum" -> all(text, Character::isLetterOrDigit);
      case "isspace" -> all(text, Text::isSpace);
      case "isupper", "islower" -> hasCase(text, name.equals("isupper"));
      default -> throw TemplateError.unsupported("the string method '" + name + "'");
    };
  }

  private static Text required(Arguments.Bound bound, int index) {
    bound.required(index);
    Text text = bound.text(index, null);
    if (text == null) {
      throw new TemplateError("argument " + (index + 1) + " must be a string, not none");
    }
    return text;
  }

  static Text upper(Text text, Budget budget) {
    budget.characters(2L * text.string().length());
    return text.map(string -> string.toUpperCase(Locale.ROOT));
  }

  static Text lower(Text text, Budget budget) {
    budget.characters(2L * text.string().length());
    return text.map(string -> string.toLowerCase(Locale.ROOT));
  }

  /** The first character in upper case, the others in lower case. */
  static Text capitalize(Text text, Budget budget) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.position(1);
    Text head = text.substring(0, first).map(TextMethods::titleCase);
    return head.plus(lower(text.substring(first, text.string().length()), budget));
  }

  private static String titleCase(String character) {
    // Characters such as the sharp s become two of which only the first is large.
    String upper = character.toUpperCase(Locale.ROOT);
    int title = Character.toTitleCase(character.codePointAt(0));
    return upper.codePointCount(0, upper.length()) > 1
        ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
        : Character.toString(title);
  }

  private static String title(String string) {
    StringBuilder out = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < string.length(); ) {
      int c = string.codePointAt(i);
      String character = Character.toString(c);
      out.append(inWord ? character.toLowerCase(Locale.ROOT) : titleCase(character));
      inWord = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
      i += character.length();
    }
    return out.toString();
  }

  static Text replace(Text text, Text old, Text by, long count, Budget budget) {
    List<Integer> places =
        old.isEmpty() ? gaps(text, count, budget) : places(text, old, count, budget);
    budget.characters(text.string().length() + (long) places.size() * by.string().length());
    Text.Builder out = new Text.Builder();
    int done = 0;
    for (int place : places) {
      out.append(text, done, place).append(by);
      done = place + old.string().length();
    }
    return out.append(text, done, text.string().length()).build();
  }

  /** Where characters begin, and the end. */
  private static List<Integer> gaps(Text text, long count, Budget budget) {
    budget.items(text.string().length() + 1L);
    List<Integer> places = new ArrayList<>();
    int length = text.string().length();
    for (int at = 0; at <= length && places.size() != count; ) {
      places.add(at);
      at += at < length ? Character.charCount(text.string().codePointAt(at)) : 1;
    }
    return places;
  }

  /** Where a string that is not empty stands in another one, from the left; no overlaps. */
  private static List<Integer> places(Text text, Text sought, long count, Budget budget) {
    budget.search(text.string().length(), sought.string().length());
    List<Integer> places = new ArrayList<>();
    int at = text.string().indexOf(sought.string());
    while (at >= 0 && places.size() != count) {
      budget.items(1);
      places.add(at);
      at = text.string().indexOf(sought.string(), at + sought.string().length());
    }
    return places;
  }

  private static Object find(Text text, String name, Arguments arguments, Budget budget) {
    Text sought = required(arguments.bind("sub"), 0);
    budget.search(text.string().length(), sought.string().length());
    int at =
        name.equals("rfind")
            ? text.string().lastIndexOf(sought.string())
            : text.string().indexOf(sought.string());
    if (at < 0 && name.equals("index")) {
      throw new TemplateError("index: there is no such part of the string");
    }
    return at < 0 ? -1L : (long) text.string().codePointCount(0, at);
  }

  private static Object split(Text text, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sep", "maxsplit");
    Text separator = bound.text(0, null);
    long most = bound.integer(1, -1);
    return separator == null ? words(text, most, budget) : fields(text, separator, most, budget);
  }

  private static List<Object> fields(Text text, Text separator, long most, Budget budget) {
    checkSeparator(separator);
    List<Object> fields = new ArrayList<>();
    int done = 0;
    for (int place : places(text, separator, most < 0 ? -1 : most, budget)) {
      fields.add(text.substring(done, place));
      done = place + separator.string().length();
    }
    fields.add(text.substring(done, text.string().length()));
    return fields;
  }

  /** Splits at whitespace. */
  static List<Object> words(Text text, long most, Budget budget) {
    String string = text.string();
    List<Object> words = new ArrayList<>();
    int at = skip(string, 0, true);
    while (at < string.length()) {
      budget.items(1);
      if (words.size() == most) {
        words.add(text.substring(at, string.length()).strip(null, false, true));
        break;
      }
      int end = skip(string, at, false);
      words.add(text.substring(at, end));
      at = skip(string, end, true);
    }
    return words;
  }

  private static int skip(String string, int from, boolean space) {
    int at = from;
    while (at < string.length() && Text.isSpace(string.charAt(at)) == space) {
      at++;
    }
    return at;
  }

  private static Object rsplit(Text text, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("sep", "maxsplit");
    Text separator = bound.text(0, null);
    long most = bound.integer(1, -1);
    if (separator == null && most >= 0) {
      throw TemplateError.unsupported("rsplit at whitespace with a limit");
    }
    if (separator == null || most < 0) {
      return split(text, arguments, budget);
    }
    checkSeparator(separator);
    budget.search(text.string().length(), separator.string().length());
    List<Object> fields = new ArrayList<>();
    int end = text.string().length();
    while (fields.size() < most) {
      int place = text.string().lastIndexOf(separator.string(), end - separator.string().length());
      if (place < 0) {
        break;
      }
      budget.items(1);
      fields.addFirst(text.substring(place + separator.string().length(), end));
      end = place;
    }
    fields.addFirst(text.substring(0, end));
    return fields;
  }

  private static Object partition(Text text, String name, Arguments arguments, Budget budget) {
    Text separator = required(arguments.bind("sep"), 0);
    checkSeparator(separator);
    budget.search(text.string().length(), separator.string().length());
    boolean last = name.equals("rpartition");
    int at =
        last
            ? text.string().lastIndexOf(separator.string())
            : text.string().indexOf(separator.string());
    if (at < 0) {
      return new Tuple(
          last ? List.of(Text.EMPTY, Text.EMPTY, text) : List.of(text, Text.EMPTY, Text.EMPTY));
    }
    int after = at + separator.string().length();
    return new Tuple(
        List.of(
            text.substring(0, at),
            text.substring(at, after),
            text.substring(after, text.string().length())));
  }

  private static void checkSeparator(Text separator) {
    if (separator.isEmpty()) {
      throw new TemplateError("a separator must not be empty");
    }
  }

  /** The lines, without their ends. */
  static List<Object> lines(Text text, Budget budget) {
    String string = text.string();
    List<Object> lines = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (isLineEnd(c)) {
        budget.items(1);
        lines.add(text.substring(begin, i));
        if (c == '\r' && i + 1 < string.length() && string.charAt(i + 1) == '\n') {
          i++;
        }
        begin = i + 1;
      }
    }
    if (begin < string.length()) {
      lines.add(text.substring(begin, string.length()));
    }
    return lines;
  }

  private static boolean isLineEnd(char c) {
    return (c >= '\n' && c <= '\r')
        || (c >= 0x1c && c <= 0x1e)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  private static boolean matches(Text text, Object part, boolean start) {
    return switch (part) {
      case Text sought ->
          start
              ? text.string().startsWith(sought.string())
              : text.string().endsWith(sought.string());
      case Tuple several -> several.stream().anyMatch(one -> matches(text, one, start));
      case null, default ->
          throw new TemplateError(
              "startswith and endswith take a string, not " + Values.typeName(part));
    };
  }

  static Text join(Text separator, List<?> items, Budget budget) {
    Text.Builder out = new Text.Builder();
    boolean first = true;
    for (Object item : items) {
      if (!(item instanceof Text text)) {
        throw new TemplateError("join takes strings, not " + Values.typeName(item));
      }
      budget.characters(text.string().length() + (long) separator.string().length());
      if (!first) {
        out.append(separator);
      }
      out.append(text);
      first = false;
    }
    return out.build();
  }

  private static boolean all(Text text, IntPredicate property) {
    return !text.isEmpty() && text.string().codePoints().allMatch(property);
  }

  private static boolean hasCase(Text text, boolean upper) {
    String string = text.string();
    return string.codePoints().noneMatch(upper ? Character::isLowerCase : Character::isUpperCase)
        && string.codePoints().anyMatch(upper ? Character::isUpperCase : Character::isLowerCase);
  }
}
