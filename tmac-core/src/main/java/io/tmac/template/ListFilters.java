package io.tmac.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The filters of lists. */
final class ListFilters {
  private ListFilters() {}

  static Object apply(String name, Object value, Arguments arguments, Interpreter in) {
    Budget budget = in.budget();
    return switch (name) {
      case "list" -> Filters.list(value, budget);
      case "first" -> first(value, budget);
      case "last" -> last(value, budget);
      case "join" -> join(value, arguments, budget);
      case "reverse" -> reverse(value, budget);
      case "select", "reject" -> select(value, name.equals("select"), arguments, in);
      case "selectattr", "rejectattr" ->
          selectAttribute(value, name.equals("selectattr"), arguments, in);
      case "map" -> map(value, arguments, in);
      case "sort" -> sort(value, arguments, budget);
      case "unique" -> unique(value, arguments, budget);
      case "min", "max" -> extreme(value, name.equals("max"), arguments, budget);
      case "sum" -> sum(value, arguments, budget);
      case "batch" -> batch(value, arguments, budget);
      case "dictsort" -> Filters.sortMap(value, arguments, budget);
      case "items" -> Filters.pairs(value, budget);
      default -> throw TemplateError.unsupported("the filter '" + name + "'");
    };
  }

  private static Object first(Object value, Budget budget) {
    if (value instanceof Generator generator) {
      return generator.hasNext() ? generator.next() : new Undefined("the first item");
    }
    List<?> items = Values.items(value, budget);
    return items.isEmpty() ? new Undefined("the first item") : items.getFirst();
  }

  private static Object last(Object value, Budget budget) {
    if (value instanceof Generator) {
      throw new TemplateError("a generator has no last item; make it a list");
    }
    List<?> items = Values.items(value, budget);
    return items.isEmpty() ? new Undefined("the last item") : items.getLast();
  }

  private static Object join(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("d", "attribute");
    UnaryOperator<Object> key = attribute(bound.get(1, null));
    List<Object> texts = new ArrayList<>();
    for (Object item : Values.items(value, budget)) {
      texts.add(Printer.text(key.apply(item), budget));
    }
    return TextMethods.join(Printer.text(bound.get(0, Text.EMPTY), budget), texts, budget);
  }

  private static Object reverse(Object value, Budget budget) {
    if (value instanceof Text text) {
      return Members.slice(text, null, null, -1L, budget);
    }
    List<Object> items = Filters.list(value, budget);
    Collections.reverse(items);
    return new Generator(items);
  }

  private static Object select(Object value, boolean wanted, Arguments arguments, Interpreter in) {
    Predicate<Object> test = test(arguments, in);
    return keep(value, item -> test.test(item) == wanted, in.budget());
  }

  private static Object selectAttribute(
      Object value, boolean wanted, Arguments arguments, Interpreter in) {
    if (arguments.positional().isEmpty()) {
      throw new TemplateError("needs the name of an attribute");
    }
    UnaryOperator<Object> key = attribute(arguments.positional().getFirst());
    Predicate<Object> test = test(arguments.without(1), in);
    return keep(value, item -> test.test(key.apply(item)) == wanted, in.budget());
  }

  private static Generator keep(Object value, Predicate<Object> condition, Budget budget) {
    List<Object> kept = new ArrayList<>();
    for (Object item : itemsIfAny(value, budget)) {
      budget.step();
      if (condition.test(item)) {
        budget.items(1);
        kept.add(item);
      }
    }
    return new Generator(kept);
  }

  /** Items; none of a value that is false, even if it could have none. */
  private static List<?> itemsIfAny(Object value, Budget budget) {
    return Values.truth(value) ? Values.items(value, budget) : List.of();
  }

  /** A test by its name and arguments; without any, truth. */
  private static Predicate<Object> test(Arguments arguments, Interpreter in) {
    if (arguments.positional().isEmpty()) {
      return Values::truth;
    }
    String name = name(arguments.positional().getFirst());
    return item -> Tests.holds(name, item, arguments.without(1), in);
  }

  private static Object map(Object value, Arguments arguments, Interpreter in) {
    UnaryOperator<Object> change;
    if (arguments.named().containsKey("attribute")) {
      UnaryOperator<Object> key = attribute(arguments.named().get("attribute"));
      Object otherwise = arguments.named().get("default");
      boolean hasDefault = arguments.named().containsKey("default");
      change =
          item -> {
            Object found = key.apply(item);
            return hasDefault && found instanceof Undefined ? otherwise : found;
          };
    } else if (arguments.positional().isEmpty()) {
      throw new TemplateError("map needs an attribute or a filter");
    } else {
      String filter = name(arguments.positional().getFirst());
      change = item -> Filters.apply(filter, item, arguments.without(1), in);
    }
    List<Object> changed = new ArrayList<>();
    for (Object item : itemsIfAny(value, in.budget())) {
      in.budget().items(1);
      changed.add(change.apply(item));
    }
    return new Generator(changed);
  }

  private static String name(Object value) {
    if (value instanceof Text text) {
      return text.string();
    }
    throw new TemplateError("needs a name, not " + Values.typeName(value));
  }

  /** What picks an attribute: by an index, or by names with dots between them. */
  private static UnaryOperator<Object> attribute(Object attribute) {
    return switch (attribute) {
      case null -> item -> item;
      case Text path -> {
        List<Object> parts = new ArrayList<>();
        for (String part : path.string().split("\\.", -1)) {
          parts.add(part.matches("\\d{1,9}") ? (Object) Long.valueOf(part) : Text.own(part));
        }
        yield item -> {
          Object found = item;
          for (Object part : parts) {
            found = Members.item(found, part);
          }
          return found;
        };
      }
      default -> item -> Members.item(item, attribute);
    };
  }

  /** A value as it is compared: letters in lower case unless case matters. */
  static Object folded(Object value, boolean caseSensitive, Budget budget) {
    return value instanceof Text text && !caseSensitive ? TextMethods.lower(text, budget) : value;
  }

  private static Object sort(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("reverse", "case_sensitive", "attribute");
    List<Object> items = Filters.list(value, budget);
    if (bound.get(2, null) instanceof Text text && text.string().indexOf(',') >= 0) {
      throw TemplateError.unsupported("sorting by several attributes");
    }
    Comparator<Object> order = order(bound.get(2, null), bound.truth(1, false), budget);
    items.sort(bound.truth(0, false) ? Collections.reverseOrder(order) : order);
    return items;
  }

  private static Comparator<Object> order(Object attribute, boolean sensitive, Budget budget) {
    UnaryOperator<Object> key = attribute(attribute);
    return Comparator.comparing(
        item -> folded(key.apply(item), sensitive, budget),
        (a, b) -> Values.equal(a, b, budget) ? 0 : Values.compare(a, b, budget));
  }

  private static Object unique(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("case_sensitive", "attribute");
    UnaryOperator<Object> key = attribute(bound.get(1, null));
    Set<Object> seen = new HashSet<>();
    return keep(
        Values.items(value, budget),
        item -> seen.add(Values.key(folded(key.apply(item), bound.truth(0, false), budget))),
        budget);
  }

  private static Object extreme(Object value, boolean max, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("case_sensitive", "attribute");
    Comparator<Object> order = order(bound.get(1, null), bound.truth(0, false), budget);
    Object best = null;
    boolean any = false;
    for (Object item : Values.items(value, budget)) {
      int sign = any ? order.compare(item, best) : 1;
      if (!any || (max ? sign > 0 : sign < 0)) {
        best = item;
        any = true;
      }
    }
    return any ? best : new Undefined("the largest or smallest item");
  }

  private static Object sum(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("attribute", "start");
    UnaryOperator<Object> key = attribute(bound.get(0, null));
    Object sum = bound.get(1, 0L);
    for (Object item : Values.items(value, budget)) {
      sum = Operators.apply("+", sum, key.apply(item), budget);
    }
    return sum;
  }

  private static Object batch(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("linecount", "fill_with");
    bound.required(0);
    int size = (int) Math.clamp(bound.integer(0, 1), 1, Budget.MAX_RANGE);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Values.items(value, budget)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      budget.items(2);
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      while (bound.get(1, null) != null && batch.size() < size) {
        budget.items(1);
        batch.add(bound.get(1, null));
      }
      batches.add(batch);
    }
    return new Generator(batches);
  }
}
