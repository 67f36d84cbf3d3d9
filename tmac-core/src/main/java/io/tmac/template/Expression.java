package io.tmac.template;

import java.util.List;

/** What has a value. {@link #at} is the place in the source. */
sealed interface Expression {

  int at();

  /** A constant; null is None. */
  record Literal(int at, Object value) implements Expression {}

  record Name(int at, String name) implements Expression {}

  record ListLiteral(int at, List<Expression> items) implements Expression {}

  record TupleLiteral(int at, List<Expression> items) implements Expression {}

  record MapLiteral(int at, List<Expression> keys, List<Expression> values) implements Expression {}

  /** {@code target.name}. */
  record Attribute(int at, Expression target, String name) implements Expression {}

  /** {@code target[index]}. */
  record Item(int at, Expression target, Expression index) implements Expression {}

  /** {@code target[from:to:step]}; what is left out is null. */
  record Slice(int at, Expression target, Expression from, Expression to, Expression step)
      implements Expression {}

  record Call(int at, Expression target, CallArguments arguments) implements Expression {}

  /** {@code target | name(arguments)}. */
  record Filter(int at, Expression target, String name, CallArguments arguments)
      implements Expression {}

  /** {@code target is name(arguments)}. */
  record Test(int at, Expression target, String name, CallArguments arguments)
      implements Expression {}

  /** Minus or plus. */
  record Sign(int at, boolean negative, Expression operand) implements Expression {}

  /** {@code + - * / // % **}. */
  record Arithmetic(int at, String operator, Expression left, Expression right)
      implements Expression {}

  /** {@code ~}. */
  record Concatenation(int at, List<Expression> parts) implements Expression {}

  /** {@code == != < <= > >= in}, and {@code not in}, one after the other. */
  record Comparison(int at, Expression first, List<String> operators, List<Expression> others)
      implements Expression {}

  record Not(int at, Expression operand) implements Expression {}

  record And(int at, Expression left, Expression right) implements Expression {}

  record Or(int at, Expression left, Expression right) implements Expression {}

  /** {@code then if condition else otherwise}; the last is null if it is left out. */
  record Conditional(int at, Expression then, Expression condition, Expression otherwise)
      implements Expression {}

  /** What stands between the parentheses of a call. */
  record CallArguments(List<Expression> positional, List<String> names, List<Expression> named) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of(), List.of());
  }
}
