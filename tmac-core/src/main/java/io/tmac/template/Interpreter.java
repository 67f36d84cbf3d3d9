package io.tmac.template;

import io.tmac.template.Statement.Block;
import io.tmac.template.Statement.Parameters;
import io.tmac.template.Statement.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a template. Names live in {@link Scope}s: the body of a loop and of a macro has its own, so
 * that what is set there is gone after it; branches have none.
 */
final class Interpreter {
  /** Expressions and statements within each other, macros that call each other included. */
  private static final int MAX_DEPTH = 250;

  /** How statements end. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Budget budget;
  private final Evaluator evaluator;
  private int depth;

  /** The place of what runs, for messages. */
  private int at;

  Interpreter(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(this);
  }

  Budget budget() {
    return budget;
  }

  int at() {
    return at;
  }

  /** Goes to a place, one level deeper; returns the place to come back to. */
  int enter(int place) {
    budget.step();
    if (++depth > MAX_DEPTH) {
      throw new TemplateError("nested, or calls itself, more than " + MAX_DEPTH + " levels deep");
    }
    int outer = at;
    at = place;
    return outer;
  }

  void leave(int outer) {
    depth--;
    at = outer;
  }

  Text render(Block template, Scope scope) {
    Text.Builder out = new Text.Builder();
    run(template, scope, out);
    return out.build();
  }

  private Flow run(Block block, Scope scope, Text.Builder out) {
    for (Statement statement : block.statements()) {
      int outer = enter(statement.at());
      Flow flow = run(statement, scope, out);
      leave(outer);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow run(Statement statement, Scope scope, Text.Builder out) {
    switch (statement) {
      case Statement.Data data -> print(data.text(), out);
      case Statement.Output output -> print(evaluate(output.value(), scope), out);
      case Statement.If branches -> {
        return run(branch(branches, scope), scope, out);
      }
      case Statement.For loop -> {
        return loop(loop, evaluate(loop.items(), scope), scope, 0, out);
      }
      case Statement.Set set -> assign(set.target(), evaluate(set.value(), scope), scope);
      case Statement.SetBlock set ->
          assign(set.target(), captured(set.body(), set.value(), scope), scope);
      case Statement.FilterBlock filter ->
          print(captured(filter.body(), filter.value(), scope), out);
      case Statement.MacroDefinition macro ->
          scope.set(macro.name(), macro(macro.parameters(), macro.body(), scope));
      case Statement.CallBlock call -> {
        Scope inner = new Scope(scope);
        Function caller = macro(call.parameters(), call.body(), scope);
        print(evaluator.callWithCaller((Expression.Call) call.call(), caller, inner), out);
      }
      case Statement.With with -> {
        Scope inner = new Scope(scope);
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner, out);
      }
      case Statement.Break _ -> {
        return Flow.BREAK;
      }
      case Statement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  Object evaluate(Expression expression, Scope scope) {
    return evaluator.evaluate(expression, scope);
  }

  private void print(Object value, Text.Builder out) {
    Text text = Printer.text(value, budget);
    budget.characters(text.string().length());
    out.append(text);
  }

  private Block branch(Statement.If branches, Scope scope) {
    for (int i = 0; i < branches.conditions().size(); i++) {
      if (Values.truth(evaluate(branches.conditions().get(i), scope))) {
        return branches.branches().get(i);
      }
    }
    return branches.otherwise();
  }

  private Flow loop(Statement.For loop, Object value, Scope scope, int level, Text.Builder out) {
    List<?> items = items(loop, value, scope);
    Function recursion = loop.recursive() ? recursion(loop, scope, level) : null;
    LoopState state = new LoopState(items, level, recursion);
    boolean completed = false;
    for (int i = 0; i < items.size(); i++) {
      state.moveTo(i);
      Scope inner = new Scope(scope);
      inner.set("loop", state);
      assign(loop.target(), items.get(i), inner);
      Flow flow = run(loop.body(), inner, out);
      completed |= flow == Flow.NEXT;
      if (flow == Flow.BREAK) {
        break;
      }
    }
    // Jinja2's rule: else is for a loop of which no turn has reached its end. What it breaks is the
    // loop around.
    return completed ? Flow.NEXT : run(loop.otherwise(), new Scope(scope), out);
  }

  /** The items that a loop takes. */
  private List<?> items(Statement.For loop, Object value, Scope scope) {
    List<?> all = Values.items(value, budget);
    if (loop.condition() == null) {
      return all;
    }
    List<Object> taken = new ArrayList<>();
    for (Object item : all) {
      Scope inner = new Scope(scope);
      assign(loop.target(), item, inner);
      if (Values.truth(evaluate(loop.condition(), inner))) {
        budget.items(1);
        taken.add(item);
      }
    }
    return taken;
  }

  private Function recursion(Statement.For loop, Scope scope, int level) {
    return (arguments, _) -> {
      Text.Builder out = new Text.Builder();
      loop(loop, arguments.bind("iterable").required(0), scope, level + 1, out);
      return out.build();
    };
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable(String name) -> scope.set(name, value);
      case Target.NamespaceAttribute(int place, String name, String attribute) -> {
        if (!(scope.get(name) instanceof Namespace namespace)) {
          at = place;
          throw new TemplateError("'" + name + "' is not a namespace: its attributes are fixed");
        }
        namespace.set(attribute, value);
      }
      case Target.Several(int place, List<Target> targets) -> {
        List<?> items = Values.items(value, budget);
        if (items.size() != targets.size()) {
          at = place;
          throw new TemplateError(items.size() + " values for " + targets.size() + " names");
        }
        for (int i = 0; i < targets.size(); i++) {
          assign(targets.get(i), items.get(i), scope);
        }
      }
    }
  }

  /** What a body prints, after the filters of {@code value}. */
  private Object captured(Block body, Expression value, Scope scope) {
    Text.Builder out = new Text.Builder();
    run(body, new Scope(scope), out);
    Scope inner = new Scope(scope);
    inner.set(Statement.CAPTURED, out.build());
    return evaluate(value, inner);
  }

  /** A macro: a function that returns what its body prints. */
  private Function macro(Parameters parameters, Block body, Scope scope) {
    return (arguments, _) -> {
      Scope inner = new Scope(scope);
      bind(parameters, arguments, inner);
      Text.Builder out = new Text.Builder();
      run(body, inner, out);
      return out.build();
    };
  }

  private void bind(Parameters parameters, Arguments arguments, Scope inner) {
    List<String> names = parameters.names();
    List<Object> positional = arguments.positional();
    if (positional.size() > names.size()) {
      throw new TemplateError(
          "the macro takes " + names.size() + " arguments, not " + positional.size());
    }
    for (Map.Entry<String, Object> named : arguments.named().entrySet()) {
      if (named.getKey().equals("caller")) {
        inner.set("caller", named.getValue());
      } else if (names.indexOf(named.getKey()) < positional.size()) {
        throw new TemplateError("the macro takes no other argument '" + named.getKey() + "'");
      }
    }
    int firstDefault = names.size() - parameters.defaults().size();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (i < positional.size()) {
        inner.set(name, positional.get(i));
      } else if (arguments.named().containsKey(name)) {
        inner.set(name, arguments.named().get(name));
      } else if (i >= firstDefault) {
        inner.set(name, evaluate(parameters.defaults().get(i - firstDefault), inner));
      } else {
        inner.set(name, new Undefined("the argument '" + name + "'"));
      }
    }
  }
}
