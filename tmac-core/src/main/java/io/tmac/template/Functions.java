package io.tmac.template;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The functions that every template knows. */
final class Functions {
  private Functions() {}

  /** Defines them in a scope. */
  static void define(Scope scope, ZonedDateTime now) {
    scope.set("range", (Function) (arguments, in) -> range(arguments, in.budget()));
    scope.set("dict", (Function) (arguments, in) -> Filters.map(arguments, in.budget()));
    scope.set("namespace", (Function) (arguments, in) -> namespace(arguments, in.budget()));
    scope.set("raise_exception", (Function) (arguments, in) -> raise(arguments, in.budget()));
    scope.set(
        "strftime_now",
        (Function)
            (arguments, _) -> {
              Arguments.Bound bound = arguments.bind("format");
              bound.required(0);
              return Formats.date(now, bound.text(0, Text.EMPTY));
            });
  }

  private static Object range(Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("start", "stop", "step");
    bound.required(0);
    boolean toOnly = !bound.has(1);
    long from = toOnly ? 0 : bound.integer(0, 0);
    long to = toOnly ? bound.integer(0, 0) : bound.integer(1, 0);
    long step = bound.integer(2, 1);
    if (step == 0) {
      throw new TemplateError("a range's step must not be zero");
    }
    List<Object> items = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      if (items.size() == Budget.MAX_RANGE) {
        throw new TemplateError("a range has more than " + Budget.MAX_RANGE + " items");
      }
      items.add(i);
      if (step > 0 ? i > Long.MAX_VALUE - step : i < Long.MIN_VALUE - step) {
        break;
      }
    }
    budget.items(items.size());
    return items;
  }

  private static Object namespace(Arguments arguments, Budget budget) {
    Namespace namespace = new Namespace();
    ((Map<?, ?>) Filters.map(arguments, budget))
        .forEach((name, value) -> namespace.set(Printer.text(name, budget).string(), value));
    return namespace;
  }

  private static Object raise(Arguments arguments, Budget budget) {
    Object message = arguments.bind("message").required(0);
    throw new TemplateError(Printer.text(message, budget).string(), true);
  }
}
