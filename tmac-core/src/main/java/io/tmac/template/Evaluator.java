package io.tmac.template;

import io.tmac.template.Expression.CallArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Computes the values of expressions. */
final class Evaluator {
  private final Interpreter interpreter;
  private final Budget budget;

  Evaluator(Interpreter interpreter) {
    this.interpreter = interpreter;
    this.budget = interpreter.budget();
  }

  Object evaluate(Expression expression, Scope scope) {
    int outer = interpreter.enter(expression.at());
    Object value = value(expression, scope);
    interpreter.leave(outer);
    return value;
  }

  private Object value(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Name name -> scope.get(name.name());
      case Expression.ListLiteral list -> all(list.items(), scope);
      case Expression.TupleLiteral tuple -> new Tuple(all(tuple.items(), scope));
      case Expression.MapLiteral map -> map(map, scope);
      case Expression.Attribute attribute ->
          Members.attribute(evaluate(attribute.target(), scope), attribute.name());
      case Expression.Item item -> {
        Object target = evaluate(item.target(), scope);
        budget.scan(target instanceof Text text ? text.string().length() : 0);
        yield Members.item(target, evaluate(item.index(), scope));
      }
      case Expression.Slice slice ->
          Members.slice(
              evaluate(slice.target(), scope),
              orNull(slice.from(), scope),
              orNull(slice.to(), scope),
              orNull(slice.step(), scope),
              budget);
      case Expression.Call call ->
          call(evaluate(call.target(), scope), arguments(call.arguments(), scope));
      case Expression.Filter filter ->
          Filters.apply(
              filter.name(),
              evaluate(filter.target(), scope),
              arguments(filter.arguments(), scope),
              interpreter);
      case Expression.Test test ->
          Tests.holds(
              test.name(),
              evaluate(test.target(), scope),
              arguments(test.arguments(), scope),
              interpreter);
      case Expression.Sign sign -> sign(sign, scope);
      case Expression.Arithmetic arithmetic ->
          Operators.apply(
              arithmetic.operator(),
              evaluate(arithmetic.left(), scope),
              evaluate(arithmetic.right(), scope),
              budget);
      case Expression.Concatenation concatenation -> concatenation(concatenation, scope);
      case Expression.Comparison comparison -> comparison(comparison, scope);
      case Expression.Not not -> !Values.truth(evaluate(not.operand(), scope));
      case Expression.And and -> {
        Object left = evaluate(and.left(), scope);
        yield Values.truth(left) ? evaluate(and.right(), scope) : left;
      }
      case Expression.Or or -> {
        Object left = evaluate(or.left(), scope);
        yield Values.truth(left) ? left : evaluate(or.right(), scope);
      }
      case Expression.Conditional conditional -> {
        if (Values.truth(evaluate(conditional.condition(), scope))) {
          yield evaluate(conditional.then(), scope);
        }
        yield conditional.otherwise() == null
            ? new Undefined("the value of an 'if' without 'else'")
            : evaluate(conditional.otherwise(), scope);
      }
    };
  }

  private Object orNull(Expression expression, Scope scope) {
    return expression == null ? null : evaluate(expression, scope);
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    budget.items(expressions.size());
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Map<Object, Object> map(Expression.MapLiteral map, Scope scope) {
    budget.items(2L * map.keys().size());
    Map<Object, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < map.keys().size(); i++) {
      values.put(
          Values.key(evaluate(map.keys().get(i), scope)), evaluate(map.values().get(i), scope));
    }
    return values;
  }

  private Arguments arguments(CallArguments arguments, Scope scope) {
    if (arguments == CallArguments.NONE) {
      return Arguments.NONE;
    }
    Map<String, Object> named = new LinkedHashMap<>();
    List<Object> positional = all(arguments.positional(), scope);
    for (int i = 0; i < arguments.names().size(); i++) {
      named.put(arguments.names().get(i), evaluate(arguments.named().get(i), scope));
    }
    return new Arguments(positional, named);
  }

  private Object call(Object target, Arguments arguments) {
    return switch (target) {
      case Function function -> function.call(arguments, interpreter);
      case LoopState loop -> loop.recursion().call(arguments, interpreter);
      case Undefined undefined -> throw undefined.error();
      case null, default -> throw new TemplateError(Values.typeName(target) + " cannot be called");
    };
  }

  /** Calls a macro that may call back. */
  Object callWithCaller(Expression.Call call, Function caller, Scope scope) {
    Object target = evaluate(call.target(), scope);
    Arguments arguments = arguments(call.arguments(), scope);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    named.put("caller", caller);
    return call(target, new Arguments(arguments.positional(), named));
  }

  private Object sign(Expression.Sign sign, Scope scope) {
    Object value = evaluate(sign.operand(), scope);
    if (!Numbers.isNumber(value)) {
      Values.defined(value);
      throw new TemplateError("a sign needs a number, not " + Values.typeName(value));
    }
    return sign.negative() ? Numbers.negate(value) : Numbers.add(value, 0L);
  }

  private Object concatenation(Expression.Concatenation concatenation, Scope scope) {
    Text.Builder out = new Text.Builder();
    for (Expression part : concatenation.parts()) {
      Text text = Printer.text(evaluate(part, scope), budget);
      budget.characters(text.string().length());
      out.append(text);
    }
    return out.build();
  }

  /** All of {@code a < b < c} must hold; each operand is computed once. */
  private Object comparison(Expression.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = evaluate(comparison.others().get(i), scope);
      if (!Operators.compare(comparison.operators().get(i), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }
}
