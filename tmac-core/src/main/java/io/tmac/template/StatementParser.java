package io.tmac.template;

import io.tmac.template.Statement.Block;
import io.tmac.template.Statement.Parameters;
import io.tmac.template.Statement.Target;
import io.tmac.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Parses a template into its statements. */
final class StatementParser {
  private final TokenReader tokens;
  private final ExpressionParser expressions;
  private int loops;

  private StatementParser(TokenReader tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  static Block parse(Source source) {
    TokenReader tokens = new TokenReader(Lexer.tokens(source));
    try {
      return new StatementParser(tokens).template();
    } catch (TemplateError e) {
      throw source.exception(e, tokens.at());
    }
  }

  private Block template() {
    Block block = block();
    if (!tokens.nextIs(Kind.END)) {
      throw new TemplateError("'" + tokens.peek().text() + "' ends nothing");
    }
    return block;
  }

  /**
   * Statements up to a tag that some other tag has begun, with the next token its name; or up to
   * the end.
   */
  private Block block() {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      switch (token.kind()) {
        case DATA -> {
          tokens.take();
          statements.add(new Statement.Data(token.at(), Text.own(token.text())));
        }
        case OUTPUT_BEGIN -> {
          tokens.take();
          statements.add(new Statement.Output(token.at(), expressions.tuple()));
          tokens.expect(Kind.OUTPUT_END);
        }
        case TAG_BEGIN -> {
          tokens.take();
          if (endsBlock()) {
            tokens.leave();
            return new Block(List.copyOf(statements));
          }
          statements.add(tag());
        }
        default -> {
          tokens.leave();
          return new Block(List.copyOf(statements));
        }
      }
    }
  }

  private boolean endsBlock() {
    String name = tokens.nextIs(Kind.NAME) ? tokens.peek().text() : "";
    return name.startsWith("end") || name.equals("elif") || name.equals("else");
  }

  /** The rest of a block, whose tag must end with this name. */
  private Block bodyUntil(String end) {
    tokens.expect(Kind.TAG_END);
    Block body = block();
    tokens.expectName(end);
    tokens.expect(Kind.TAG_END);
    return body;
  }

  private Statement tag() {
    int at = tokens.at();
    String name = tokens.name();
    return switch (name) {
      case "if" -> ifTag(at);
      case "for" -> forTag(at);
      case "set" -> setTag(at);
      case "macro" -> macroTag(at);
      case "call" -> callTag(at);
      case "with" -> withTag(at);
      case "filter" -> {
        Expression value = expressions.filterChain(new Expression.Name(at, Statement.CAPTURED));
        yield new Statement.FilterBlock(at, value, bodyUntil("endfilter"));
      }
      case "print" -> ended(new Statement.Output(at, expressions.tuple()));
      case "break", "continue" -> {
        if (loops == 0) {
          throw new TemplateError("'" + name + "' outside a loop");
        }
        yield ended(name.equals("break") ? new Statement.Break(at) : new Statement.Continue(at));
      }
      // Marks what an assistant has said, for training; it prints its body.
      case "generation" -> new Statement.With(at, List.of(), List.of(), bodyUntil("endgeneration"));
      default -> throw TemplateError.unsupported("the tag '" + name + "'");
    };
  }

  private Statement ended(Statement statement) {
    tokens.expect(Kind.TAG_END);
    return statement;
  }

  private Statement ifTag(int at) {
    List<Expression> conditions = new ArrayList<>();
    List<Block> branches = new ArrayList<>();
    Block otherwise = Block.EMPTY;
    do {
      conditions.add(expressions.tupleWithoutCondition());
      tokens.expect(Kind.TAG_END);
      branches.add(block());
    } while (tokens.skipName("elif"));
    if (tokens.skipName("else")) {
      tokens.expect(Kind.TAG_END);
      otherwise = block();
    }
    tokens.expectName("endif");
    return ended(new Statement.If(at, conditions, branches, otherwise));
  }

  private Statement forTag(int at) {
    Target target = loopTarget();
    tokens.expectName("in");
    Expression items = expressions.tupleWithoutCondition();
    Expression condition = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    tokens.expect(Kind.TAG_END);
    loops++;
    Block body = block();
    loops--;
    Block otherwise = Block.EMPTY;
    if (tokens.skipName("else")) {
      tokens.expect(Kind.TAG_END);
      otherwise = block();
    }
    tokens.expectName("endfor");
    return ended(new Statement.For(at, target, items, condition, recursive, body, otherwise));
  }

  private Target loopTarget() {
    return several(this::variable);
  }

  private Target setTarget() {
    return several(() -> {
      int at = tokens.at();
      String name = tokens.name();
      return tokens.skipOperator(".")
          ? new Target.NamespaceAttribute(at, name, tokens.name())
          : new Target.Variable(name);
    });
  }

  private Target variable() {
    if (!tokens.skipOperator("(")) {
      return new Target.Variable(tokens.name());
    }
    tokens.enter();
    Target inner = loopTarget();
    tokens.expectOperator(")");
    tokens.leave();
    return inner;
  }

  private Target several(java.util.function.Supplier<Target> one) {
    int at = tokens.at();
    List<Target> targets = new ArrayList<>();
    targets.add(one.get());
    boolean several = false;
    while (tokens.skipOperator(",")) {
      several = true;
      if (!tokens.nextIs(Kind.NAME) && !tokens.peek().isOperator("(")) {
        break;
      }
      targets.add(one.get());
    }
    return several ? new Target.Several(at, List.copyOf(targets)) : targets.getFirst();
  }

  private Statement setTag(int at) {
    Target target = setTarget();
    if (tokens.skipOperator("=")) {
      return ended(new Statement.Set(at, target, expressions.tuple()));
    }
    Expression captured = new Expression.Name(at, Statement.CAPTURED);
    Expression value = tokens.skipOperator("|") ? expressions.filterChain(captured) : captured;
    return new Statement.SetBlock(at, target, value, bodyUntil("endset"));
  }

  private Statement macroTag(int at) {
    String name = tokens.name();
    Parameters parameters = parameters();
    return new Statement.MacroDefinition(at, name, parameters, macroBody("endmacro"));
  }

  private Statement callTag(int at) {
    Parameters parameters =
        tokens.peek().isOperator("(") ? parameters() : new Parameters(List.of(), List.of());
    Expression call = expressions.expression();
    if (!(call instanceof Expression.Call)) {
      throw new TemplateError("'call' needs a call of a macro");
    }
    return new Statement.CallBlock(at, parameters, call, macroBody("endcall"));
  }

  /** A body that loops around it cannot be left from. */
  private Block macroBody(String end) {
    int outer = loops;
    loops = 0;
    Block body = bodyUntil(end);
    loops = outer;
    return body;
  }

  private Parameters parameters() {
    tokens.expectOperator("(");
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    while (!tokens.skipOperator(")")) {
      names.add(tokens.name());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.unexpected("a default: the parameter before has one");
      }
      if (!tokens.peek().isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Parameters(List.copyOf(names), List.copyOf(defaults));
  }

  private Statement withTag(int at) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.nextIs(Kind.TAG_END)) {
      targets.add(variable());
      tokens.expectOperator("=");
      values.add(expressions.expression());
      if (!tokens.nextIs(Kind.TAG_END)) {
        tokens.expectOperator(",");
      }
    }
    return new Statement.With(at, targets, values, bodyUntil("endwith"));
  }
}
