package io.tmac.template;

import io.tmac.template.Expression.CallArguments;
import io.tmac.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Parses expressions by recursive descent, one method per level of precedence. From loose to tight:
 * {@code if else}, {@code or}, {@code and}, {@code not}, comparisons, {@code + -}, {@code ~},
 * {@code * / // %}, {@code **}, sign, filters and tests, attributes and calls.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> AFTER_TEST =
      Set.of("else", "or", "and", "is", "if", "not", "in");

  private final TokenReader tokens;

  ExpressionParser(TokenReader tokens) {
    this.tokens = tokens;
  }

  /** An expression, or several with commas between them: then a tuple. */
  Expression tuple() {
    return tuple(true);
  }

  /** The same without {@code if else} on the top level, which would end the items of a loop. */
  Expression tupleWithoutCondition() {
    return tuple(false);
  }

  private Expression tuple(boolean conditions) {
    int at = tokens.at();
    List<Expression> items = new ArrayList<>();
    items.add(conditions ? expression() : or());
    boolean several = false;
    while (tokens.skipOperator(",")) {
      several = true;
      if (endsTuple()) {
        break;
      }
      items.add(conditions ? expression() : or());
    }
    return several ? new Expression.TupleLiteral(at, List.copyOf(items)) : items.getFirst();
  }

  private boolean endsTuple() {
    Token next = tokens.peek();
    return next.kind() == Kind.OUTPUT_END || next.kind() == Kind.TAG_END || next.isOperator(")");
  }

  Expression expression() {
    tokens.enter();
    Expression result = or();
    while (tokens.peek().isName("if")) {
      int at = tokens.take().at();
      Expression condition = or();
      Expression otherwise = tokens.skipName("else") ? expression() : null;
      result = new Expression.Conditional(at, result, condition, otherwise);
    }
    tokens.leave();
    return result;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.peek().isName("or")) {
      left = new Expression.Or(tokens.take().at(), left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.peek().isName("and")) {
      left = new Expression.And(tokens.take().at(), left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.peek().isName("not")) {
      return comparison();
    }
    tokens.enter();
    Expression result = new Expression.Not(tokens.take().at(), not());
    tokens.leave();
    return result;
  }

  private Expression comparison() {
    int at = tokens.at();
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    while (true) {
      Token next = tokens.peek();
      if (next.kind() == Kind.OPERATOR && COMPARISONS.contains(next.text())) {
        operators.add(tokens.take().text());
      } else if (tokens.skipName("in")) {
        operators.add("in");
      } else if (tokens.nextAreNames("not", "in")) {
        tokens.take();
        tokens.take();
        operators.add("not in");
      } else {
        break;
      }
      others.add(sum());
    }
    return others.isEmpty() ? first : new Expression.Comparison(at, first, operators, others);
  }

  private Expression sum() {
    Expression left = concatenation();
    while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
      Token operator = tokens.take();
      left = new Expression.Arithmetic(operator.at(), operator.text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    int at = tokens.at();
    Expression first = product();
    if (!tokens.peek().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>();
    parts.add(first);
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Concatenation(at, parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.nextIs(Kind.OPERATOR)
        && Set.of("*", "/", "//", "%").contains(tokens.peek().text())) {
      Token operator = tokens.take();
      left = new Expression.Arithmetic(operator.at(), operator.text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.peek().isOperator("**")) {
      Token operator = tokens.take();
      left = new Expression.Arithmetic(operator.at(), operator.text(), left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    Token next = tokens.peek();
    Expression result;
    if (next.isOperator("-") || next.isOperator("+")) {
      tokens.enter();
      tokens.take();
      result = new Expression.Sign(next.at(), next.text().equals("-"), unary(false));
      tokens.leave();
    } else {
      result = primary();
    }
    result = postfix(result);
    return filters ? filters(result) : result;
  }

  private Expression primary() {
    Token token = tokens.peek();
    int at = token.at();
    return switch (token.kind()) {
      case NAME -> name(tokens.take());
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (tokens.nextIs(Kind.STRING)) {
          text.append(tokens.take().text());
        }
        yield new Expression.Literal(at, Text.own(text.toString()));
      }
      case INTEGER -> new Expression.Literal(at, Numbers.parseInteger(tokens.take().text()));
      case FLOAT ->
          new Expression.Literal(at, Double.valueOf(tokens.take().text().replace("_", "")));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> parentheses();
            case "[" -> new Expression.ListLiteral(at, list());
            case "{" -> map();
            default -> throw tokens.unexpected("an expression");
          };
      default -> throw tokens.unexpected("an expression");
    };
  }

  private static Expression name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expression.Literal(token.at(), true);
      case "false", "False" -> new Expression.Literal(token.at(), false);
      case "none", "None" -> new Expression.Literal(token.at(), null);
      default -> new Expression.Name(token.at(), token.text());
    };
  }

  private Expression parentheses() {
    int at = tokens.take().at();
    if (tokens.skipOperator(")")) {
      return new Expression.TupleLiteral(at, List.of());
    }
    Expression inner = tuple();
    tokens.expectOperator(")");
    return inner;
  }

  private List<Expression> list() {
    tokens.take();
    List<Expression> items = new ArrayList<>();
    while (!tokens.skipOperator("]")) {
      items.add(expression());
      if (!tokens.peek().isOperator("]")) {
        tokens.expectOperator(",");
      }
    }
    return List.copyOf(items);
  }

  private Expression map() {
    int at = tokens.take().at();
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.skipOperator("}")) {
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
      if (!tokens.peek().isOperator("}")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.MapLiteral(at, keys, values);
  }

  private Expression postfix(Expression target) {
    Expression result = target;
    while (true) {
      Token next = tokens.peek();
      if (next.isOperator(".")) {
        tokens.take();
        result =
            tokens.nextIs(Kind.INTEGER)
                ? new Expression.Item(next.at(), result, primary())
                : new Expression.Attribute(next.at(), result, tokens.name());
      } else if (next.isOperator("[")) {
        result = subscript(result);
      } else if (next.isOperator("(")) {
        result = new Expression.Call(next.at(), result, arguments());
      } else {
        return result;
      }
    }
  }

  private Expression subscript(Expression target) {
    int at = tokens.take().at();
    Expression first = tokens.peek().isOperator(":") ? null : tuple();
    if (!tokens.skipOperator(":")) {
      tokens.expectOperator("]");
      return new Expression.Item(at, target, first);
    }
    Expression to = endsSlicePart() ? null : expression();
    Expression step = null;
    if (tokens.skipOperator(":")) {
      step = endsSlicePart() ? null : expression();
    }
    tokens.expectOperator("]");
    return new Expression.Slice(at, target, first, to, step);
  }

  private boolean endsSlicePart() {
    return tokens.peek().isOperator(":") || tokens.peek().isOperator("]");
  }

  /** Filters, tests and calls, as far as they follow. */
  private Expression filters(Expression target) {
    Expression result = target;
    while (true) {
      Token next = tokens.peek();
      if (next.isOperator("|")) {
        result = filter(result);
      } else if (next.isName("is")) {
        result = test(result);
      } else if (next.isOperator("(")) {
        result = new Expression.Call(next.at(), result, arguments());
      } else {
        return result;
      }
    }
  }

  /** {@code | name(arguments)}. */
  private Expression filter(Expression target) {
    tokens.expectOperator("|");
    return namedFilter(target);
  }

  /** A filter without the bar before it, and more behind it. */
  Expression filterChain(Expression target) {
    Expression result = namedFilter(target);
    while (tokens.peek().isOperator("|")) {
      result = filter(result);
    }
    return result;
  }

  private Expression namedFilter(Expression target) {
    int at = tokens.at();
    String name = dottedName();
    CallArguments arguments = tokens.peek().isOperator("(") ? arguments() : CallArguments.NONE;
    return new Expression.Filter(at, target, name, arguments);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.name());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.name());
    }
    return name.toString();
  }

  private Expression test(Expression target) {
    int at = tokens.take().at();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    CallArguments arguments = CallArguments.NONE;
    if (tokens.peek().isOperator("(")) {
      arguments = arguments();
    } else if (beginsArgument(tokens.peek())) {
      tokens.enter();
      Expression argument = postfix(primary());
      tokens.leave();
      arguments = new CallArguments(List.of(argument), List.of(), List.of());
    }
    Expression test = new Expression.Test(at, target, name, arguments);
    return negated ? new Expression.Not(at, test) : test;
  }

  private static boolean beginsArgument(Token token) {
    return switch (token.kind()) {
      case NAME -> !AFTER_TEST.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      default -> false;
    };
  }

  private CallArguments arguments() {
    tokens.enter();
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expression> named = new ArrayList<>();
    while (!tokens.skipOperator(")")) {
      if (tokens.peek().isOperator("*") || tokens.peek().isOperator("**")) {
        throw TemplateError.unsupported("unpacking arguments with '*'");
      }
      if (tokens.nextIs(Kind.NAME) && tokens.followedBy("=")) {
        names.add(tokens.take().text());
        tokens.take();
        named.add(expression());
      } else if (named.isEmpty()) {
        positional.add(expression());
      } else {
        throw tokens.unexpected("an argument with a name");
      }
      if (!tokens.peek().isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    tokens.leave();
    return new CallArguments(positional, names, named);
  }
}
