package io.tmac.template;

import io.tmac.template.Token.Kind;
import java.util.List;

/** Goes through the tokens of a template. */
final class TokenReader {
  /** Tags and parentheses within each other. */
  private static final int MAX_NESTING = 100;

  private final List<Token> tokens;
  private int next;
  private int nesting;

  TokenReader(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(next);
  }

  Token take() {
    Token token = tokens.get(next);
    if (token.kind() != Kind.END) {
      next++;
    }
    return token;
  }

  int at() {
    return peek().at();
  }

  boolean nextIs(Kind kind) {
    return peek().kind() == kind;
  }

  boolean skip(Kind kind) {
    if (nextIs(kind)) {
      next++;
      return true;
    }
    return false;
  }

  boolean skipOperator(String operator) {
    if (peek().isOperator(operator)) {
      next++;
      return true;
    }
    return false;
  }

  boolean skipName(String name) {
    if (peek().isName(name)) {
      next++;
      return true;
    }
    return false;
  }

  /** Whether the next two tokens are these names. */
  boolean nextAreNames(String first, String second) {
    return peek().isName(first) && tokens.get(next + 1).isName(second);
  }

  /** Whether the token after the next one is this operator. */
  boolean followedBy(String operator) {
    return peek().kind() != Kind.END && tokens.get(next + 1).isOperator(operator);
  }

  void expect(Kind kind) {
    if (!skip(kind)) {
      throw unexpected(new Token(kind, "", 0).describe());
    }
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  String name() {
    if (!nextIs(Kind.NAME)) {
      throw unexpected("a name");
    }
    return take().text();
  }

  TemplateError unexpected(String expected) {
    return new TemplateError("expected " + expected + ", found " + peek().describe());
  }

  /** Goes one level deeper, until {@link #leave}. */
  void enter() {
    if (++nesting > MAX_NESTING) {
      throw new TemplateError("nested more than " + MAX_NESTING + " levels deep");
    }
  }

  void leave() {
    nesting--;
  }
}
