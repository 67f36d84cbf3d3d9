package io.tmac.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Expressions of tokenizer files, which are written for Oniguruma with Ruby's syntax, in Java's.
 *
 * <p>What differs: POSIX brackets; {@code \h} is a hexadecimal digit, {@code \v} one character;
 * {@code ^} and {@code $} are at line breaks, and only {@code \n} is one; the flag {@code m} lets
 * the dot match it; {@code x{2}+} repeats a repetition, {@code x{,2}} begins at none; a flag in the
 * middle of a group opens another that reaches to its end.
 */
final class RegexSyntax {

  private static final int FLAGS =
      Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE | Pattern.UNIX_LINES;

  private static final Pattern PROPERTY = Pattern.compile("\\\\([pP])\\{(\\^?)(\\w+)}");
  private static final Pattern BRACKET = Pattern.compile("\\[:(\\^?)(\\w+):]");
  private static final Pattern INTERVAL = Pattern.compile("\\{(\\d*)(?:(,)(\\d*))?}");
  private static final Pattern OPTIONS = Pattern.compile("\\(\\?([a-zA-Z-]+)([:)])");

  private static final String HEX = "0-9a-fA-F";
  private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";

  /** What {@code \w} has beside that: superscripts and fractions of Latin-1. */
  private static final String OWN_WORD = WORD + "\\xB2\\xB3\\xB9\\xBC-\\xBE";

  /** What is inside the brackets of POSIX classes. */
  private static final Map<String, String> CLASSES =
      Map.ofEntries(
          Map.entry("alnum", "\\p{IsAlphabetic}\\p{Nd}"),
          Map.entry("alpha", "\\p{IsAlphabetic}"),
          Map.entry("ascii", "\\x00-\\x7F"),
          Map.entry("blank", "\\p{Zs}\\t"),
          Map.entry("cntrl", "\\p{Cc}"),
          Map.entry("digit", "\\p{Nd}"),
          Map.entry("graph", "\\P{IsWhite_Space}&&[^\\p{Cc}\\p{Cn}\\p{Cs}]"),
          Map.entry("lower", "\\p{IsLowercase}"),
          Map.entry("print", "\\p{Zs}[\\P{IsWhite_Space}&&[^\\p{Cc}\\p{Cn}\\p{Cs}]]"),
          Map.entry("punct", "\\p{P}\\p{S}"),
          Map.entry("space", "\\p{IsWhite_Space}"),
          Map.entry("upper", "\\p{IsUppercase}"),
          Map.entry("xdigit", HEX),
          Map.entry("word", WORD));

  /** Escapes that mean something else in Java, or nothing that Java has. */
  private static final Set<Character> REFUSED = Set.of('E', 'K', 'N', 'O', 'Q', 'V', 'y', 'Y');

  private final String in;
  private final StringBuilder out = new StringBuilder();
  private int at;

  /** Where the last thing that can be repeated begins in the output, or −1. */
  private int atom = -1;

  /** Groups that are open, the innermost first. */
  private final Deque<Group> groups = new ArrayDeque<>();

  /** Where a group begins in the output, and what closes it. */
  private record Group(int start, String close) {}

  private RegexSyntax(String expression) {
    in = expression;
  }

  /**
   * Compiles an expression. Classes such as {@code \s} mean Unicode's.
   *
   * @throws PatternSyntaxException if it is not one, or has no translation
   */
  static Pattern compile(String expression) {
    return Pattern.compile(new RegexSyntax(expression).translate(), FLAGS);
  }

  private String translate() {
    groups.push(new Group(0, ""));
    while (at < in.length()) {
      switch (in.charAt(at)) {
        case '\\' -> {
          atom = out.length();
          if (!boundary()) {
            escape();
          }
        }
        case '[' -> {
          atom = out.length();
          set();
        }
        case '(' -> open();
        case ')' -> close();
        case '{' -> interval();
        case '|' -> {
          atom = -1;
          copy();
        }
        case '*', '+', '?' -> copy();
        default -> {
          atom = out.length();
          copy();
        }
      }
    }
    while (groups.size() > 1) {
      groups.pop(); // The expression is refused: a group is not closed.
    }
    return out.append(groups.pop().close).toString();
  }

  /** Takes one character as it is. */
  private void copy() {
    int c = in.codePointAt(at);
    out.appendCodePoint(c);
    at += Character.charCount(c);
  }

  private PatternSyntaxException unsupported(String what) {
    return new PatternSyntaxException(what + " is not supported", in, at);
  }

  private void open() {
    int start = out.length();
    atom = -1;
    if (in.startsWith("(?#", at)) {
      int end = in.indexOf(')', at);
      at = end < 0 ? in.length() : end + 1;
      return;
    }
    Matcher options = OPTIONS.matcher(in).region(at, in.length());
    if (!options.lookingAt()) {
      boolean special = in.startsWith("(?", at);
      out.append(special ? "(?" : "(");
      at += special ? 2 : 1;
      groups.push(new Group(start, ")"));
      return;
    }
    if (!options.group(1).matches("[im]*-?[im]*")) {
      throw unsupported(options.group());
    }
    out.append("(?").append(options.group(1).replace('m', 's')).append(':');
    at = options.end();
    if (options.group(2).equals(":")) {
      groups.push(new Group(start, ")"));
    } else { // It reaches to the end of the group around it, over alternatives too.
      Group around = groups.pop();
      groups.push(new Group(around.start, around.close + ")"));
    }
  }

  private void close() {
    at++;
    if (groups.size() == 1) {
      out.append(')'); // One too many: it is refused.
      return;
    }
    Group group = groups.pop();
    out.append(group.close);
    atom = group.start;
  }

  /** Reads <code>{n,m}</code>; what follows it repeats it once more. */
  private void interval() {
    Matcher interval = INTERVAL.matcher(in).region(at, in.length());
    if (!interval.lookingAt() || (number(interval, 1).isEmpty() && number(interval, 3).isEmpty())) {
      atom = out.length();
      out.append('\\');
      copy();
      return;
    }
    String least = number(interval, 1).isEmpty() ? "0" : interval.group(1);
    boolean exact = interval.group(2) == null;
    at = interval.end();
    char next = at < in.length() ? in.charAt(at) : ' ';
    boolean again = next == '+' || next == '*' || (next == '?' && exact);
    if (again && atom >= 0) {
      out.insert(atom, "(?:");
    }
    out.append('{').append(least).append(exact ? "" : "," + interval.group(3)).append('}');
    if (again && atom >= 0) {
      out.append(')');
    }
  }

  private static String number(Matcher interval, int group) {
    String number = interval.group(group);
    return number == null ? "" : number;
  }

  /** Reads a class in brackets, which may hold others. */
  private void set() {
    copy();
    if (at < in.length() && in.charAt(at) == '^') {
      copy();
    }
    if (at < in.length() && in.charAt(at) == ']') {
      out.append('\\');
      copy();
    }
    while (at < in.length() && in.charAt(at) != ']') {
      switch (in.charAt(at)) {
        case '[' -> {
          Matcher bracket = BRACKET.matcher(in).region(at, in.length());
          if (bracket.lookingAt()) {
            String name = bracket.group(2);
            if (!CLASSES.containsKey(name)) {
              throw unsupported(bracket.group());
            }
            at = bracket.end();
            set(!bracket.group(1).isEmpty(), CLASSES.get(name));
          } else {
            set();
          }
        }
        case '\\' -> escape();
        default -> copy();
      }
    }
    if (at < in.length()) {
      copy();
    }
  }

  private void set(boolean negated, String members) {
    // A class in a class, so that an intersection is negated as a whole.
    out.append(negated ? "[^[" : "[").append(members).append(negated ? "]]" : "]");
  }

  /** Reads a backslash and what it belongs to. */
  private void escape() {
    Matcher property = PROPERTY.matcher(in).region(at, in.length());
    if (property.lookingAt()) {
      at = property.end();
      property(property.group(1).equals("P") != !property.group(2).isEmpty(), property.group(3));
      return;
    }
    char escaped = at + 1 < in.length() ? in.charAt(at + 1) : ' ';
    if (REFUSED.contains(escaped)) {
      throw unsupported("\\" + escaped);
    }
    switch (escaped) {
      case 'h', 'H' -> set(escaped == 'H', HEX);
      case 'w', 'W' -> set(escaped == 'W', OWN_WORD);
      case 'v' -> out.append("\\x0B");
      default -> {
        copy();
        if (at < in.length()) {
          copy();
        }
        return;
      }
    }
    at += 2;
  }

  /** Reads a border of words, which Java draws elsewhere. */
  private boolean boundary() {
    String word = "[" + OWN_WORD + "]";
    if (in.startsWith("\\b", at)) {
      out.append("(?:(?<=%1$s)(?!%1$s)|(?<!%1$s)(?=%1$s))".formatted(word));
    } else if (in.startsWith("\\B", at)) {
      out.append("(?:(?<=%1$s)(?=%1$s)|(?<!%1$s)(?!%1$s))".formatted(word));
    } else {
      return false;
    }
    at += 2;
    return true;
  }

  private void property(boolean negated, String name) {
    String members =
        switch (name.toLowerCase(Locale.ROOT)) {
          case "punct" -> "\\p{P}";
          case "word" -> OWN_WORD;
          case String lower -> CLASSES.get(lower);
        };
    if (members != null) {
      set(negated, members);
    } else {
      boolean same = name.length() <= 2 || name.startsWith("Is");
      out.append(negated ? "\\P{" : "\\p{").append(same ? name : "Is" + name).append('}');
    }
  }
}
