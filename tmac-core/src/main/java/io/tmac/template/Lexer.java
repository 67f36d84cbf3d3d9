package io.tmac.template;

import io.tmac.template.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens, with the whitespace rules that chat templates are written for: a
 * block tag takes the newline behind it (trim_blocks) and the indentation before it
 * (lstrip_blocks), {@code -} takes all whitespace on its side and {@code +} none.
 */
final class Lexer {
  private static final Pattern RAW =
      Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%}\\s*|%})", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern END_RAW =
      Pattern.compile(
          "\\{%([-+]?)\\s*endraw\\s*(?:\\+%}|-%}\\s*|%}\\n?)", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern FLOAT =
      Pattern.compile("(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?\\d+|\\.(?:\\d+_)*\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|\\d(?:_?\\d)*");
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  /** Whether what is at {@link #at} begins a line, or follows a tag that took the newline. */
  private boolean lineStart = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(Source source) {
    Lexer lexer = new Lexer(source.text());
    try {
      lexer.run();
    } catch (TemplateError e) {
      throw source.exception(e, lexer.at);
    }
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag(at);
      if (tag < 0) {
        add(Kind.DATA, source.substring(at), at);
        at = source.length();
      } else {
        tag(tag);
      }
    }
    add(Kind.END, "", at);
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private void tag(int tag) {
    Matcher raw = matcher(RAW, tag);
    if (raw.lookingAt()) {
      data(tag, raw.group(1), true);
      at = raw.end();
      lineStart = endsLine();
      raw(tag);
      return;
    }
    char kind = source.charAt(tag + 1);
    String sign = signAt(tag + 2);
    data(tag, sign, kind != '{');
    at = tag + 2 + sign.length();
    if (kind == '#') {
      comment(tag);
    } else {
      boolean output = kind == '{';
      add(output ? Kind.OUTPUT_BEGIN : Kind.TAG_BEGIN, "", tag);
      expression(output);
    }
  }

  private String signAt(int place) {
    return place < source.length() && "+-".indexOf(source.charAt(place)) >= 0
        ? source.substring(place, place + 1)
        : "";
  }

  /** Adds the text before a tag. */
  private void data(int end, String sign, boolean block) {
    int from = at;
    int to = end;
    if (sign.equals("-")) {
      while (to > from && isSpaceAt(to - 1)) {
        to--;
      }
    } else if (block && sign.isEmpty()) {
      int start = end;
      while (start > from && source.charAt(start - 1) != '\n' && isSpaceAt(start - 1)) {
        start--;
      }
      boolean whole = start > from ? source.charAt(start - 1) == '\n' : lineStart;
      to = whole ? start : end;
    }
    if (to > from) {
      add(Kind.DATA, source.substring(from, to), from);
    }
  }

  private boolean isSpaceAt(int place) {
    return Text.isSpace(source.charAt(place));
  }

  private void comment(int tag) {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      at = tag;
      throw new TemplateError("a comment has no end '#}'");
    }
    // The sign belongs to the end: {#-#} is a comment that strips on its left only.
    String sign = end > at ? signAt(end - 1) : "";
    at = end + 2;
    afterTag(sign, true);
  }

  private void raw(int tag) {
    Matcher end = matcher(END_RAW, at);
    if (!end.find()) {
      at = tag;
      throw new TemplateError("'raw' has no 'endraw'");
    }
    data(end.start(), end.group(1), true);
    at = end.end();
    lineStart = endsLine();
  }

  /** Skips what a tag takes of the text behind it. */
  private void afterTag(String sign, boolean block) {
    if (sign.equals("-")) {
      skipSpace();
    } else if (block && sign.isEmpty() && at < source.length() && source.charAt(at) == '\n') {
      at++;
    }
    lineStart = endsLine();
  }

  private boolean endsLine() {
    return source.charAt(at - 1) == '\n';
  }

  private void skipSpace() {
    while (at < source.length() && isSpaceAt(at)) {
      at++;
    }
  }

  /** Reads to the end of a tag. */
  private void expression(boolean output) {
    String end = output ? "}}" : "%}";
    int begin = at;
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      skipSpace();
      if (at >= source.length()) {
        at = begin;
        throw new TemplateError("a tag has no end '" + end + "'");
      }
      if (open.isEmpty()) {
        String sign = signAt(at);
        boolean signed = !sign.isEmpty() && !(output && sign.equals("+"));
        int close = signed ? at + 1 : at;
        if (source.startsWith(end, close)) {
          add(output ? Kind.OUTPUT_END : Kind.TAG_END, "", at);
          at = close + 2;
          afterTag(signed ? sign : "", !output);
          return;
        }
      }
      token(open);
    }
  }

  private void token(Deque<Character> open) {
    char c = source.charAt(at);
    if (c == '\'' || c == '"') {
      string(c);
    } else if (c >= '0' && c <= '9') {
      Matcher number = matcher(FLOAT, at);
      if (number.lookingAt()) {
        take(Kind.FLOAT, number.end());
      } else {
        number = matcher(INTEGER, at);
        number.lookingAt();
        take(Kind.INTEGER, number.end());
      }
    } else if (c == '_' || Character.isLetter(source.codePointAt(at))) {
      int to = at;
      while (to < source.length() && isWord(source.codePointAt(to))) {
        to += Character.charCount(source.codePointAt(to));
      }
      take(Kind.NAME, to);
    } else {
      operator(open);
    }
  }

  private static boolean isWord(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private void operator(Deque<Character> open) {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        char c = operator.charAt(0);
        if ("([{".indexOf(c) >= 0) {
          open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
        } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
          throw new TemplateError("unexpected '" + c + "'");
        }
        take(Kind.OPERATOR, at + operator.length());
        return;
      }
    }
    throw new TemplateError(
        "unexpected character '" + Character.toString(source.codePointAt(at)) + "'");
  }

  private void string(char quote) {
    int from = at;
    int to = at + 1;
    while (to < source.length() && source.charAt(to) != quote) {
      to += source.charAt(to) == '\\' ? 2 : 1;
    }
    if (to >= source.length()) {
      throw new TemplateError("a string has no end");
    }
    add(Kind.STRING, Escapes.resolve(source.substring(from + 1, to)), from);
    at = to + 1;
  }

  private void take(Kind kind, int to) {
    add(kind, source.substring(at, to), at);
    at = to;
  }

  private void add(Kind kind, String text, int place) {
    tokens.add(new Token(kind, text, place));
  }

  private Matcher matcher(Pattern pattern, int from) {
    return pattern.matcher(source).region(from, source.length());
  }
}
