package io.tmac.template;

/**
 * A token of a template.
 *
 * @param kind what it is
 * @param text its characters; of a string, what they stand for
 * @param at where it begins in the source
 */
record Token(Kind kind, String text, int at) {

  /** What a token is. */
  enum Kind {
    /** Text outside tags. */
    DATA,
    /** <code>{{</code>. */
    OUTPUT_BEGIN,
    /** <code>}}</code>. */
    OUTPUT_END,
    /** <code>{%</code>. */
    TAG_BEGIN,
    /** <code>%}</code>. */
    TAG_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    /** After the last token. */
    END
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** How a message names it. */
  String describe() {
    return switch (kind) {
      case DATA -> "text";
      case OUTPUT_BEGIN -> "'{{'";
      case OUTPUT_END -> "'}}'";
      case TAG_BEGIN -> "'{%'";
      case TAG_END -> "'%}'";
      case STRING -> "a string";
      case END -> "the end of the template";
      default -> "'" + text + "'";
    };
  }
}
