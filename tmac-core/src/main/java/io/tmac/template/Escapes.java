package io.tmac.template;

/** The escape sequences of Python's strings. */
final class Escapes {
  private static final String LETTERS = "nrtbfav\\'\"";
  private static final String MEANINGS = "\n\r\t\b\f\u0007\u000b\\'\"";

  private Escapes() {}

  /** Replaces the escape sequences in what stands between quotes. */
  static String resolve(String literal) {
    if (literal.indexOf('\\') < 0) {
      return literal;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < literal.length(); ) {
      char c = literal.charAt(i++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char kind = literal.charAt(i++);
      int letter = LETTERS.indexOf(kind);
      if (letter >= 0) {
        text.append(MEANINGS.charAt(letter));
      } else if (kind >= '0' && kind <= '7') {
        int to = i;
        while (to < literal.length() && to < i + 2 && "01234567".indexOf(literal.charAt(to)) >= 0) {
          to++;
        }
        text.append((char) Integer.parseInt(literal.substring(i - 1, to), 8));
        i = to;
      } else if (kind == 'x' || kind == 'u' || kind == 'U') {
        int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
        text.appendCodePoint(hex(literal, i, digits));
        i += digits;
      } else if (kind == 'N') {
        throw TemplateError.unsupported("the escape sequence \\N{...}");
      } else if (kind != '\n') {
        text.append('\\').append(kind);
      }
    }
    return text.toString();
  }

  private static int hex(String literal, int from, int digits) {
    String number = literal.substring(from, Math.min(from + digits, literal.length()));
    if (number.length() == digits && number.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      long value = Long.parseLong(number, 16);
      if (value <= Character.MAX_CODE_POINT) {
        return (int) value;
      }
    }
    throw new TemplateError(
        "an escape sequence needs " + digits + " hexadecimal digits: " + number);
  }
}
