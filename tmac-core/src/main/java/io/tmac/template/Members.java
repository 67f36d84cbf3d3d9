package io.tmac.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Attributes, items and slices of values. */
final class Members {
  private static final Set<String> MAP_METHODS =
      Set.of(
          "clear",
          "copy",
          "fromkeys",
          "get",
          "items",
          "keys",
          "pop",
          "popitem",
          "setdefault",
          "update",
          "values");
  private static final Set<String> LIST_METHODS =
      Set.of(
          "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove",
          "reverse", "sort");

  private Members() {}

  /** {@code target.name}: a method, or else the item of that name. */
  static Object attribute(Object target, String name) {
    return switch (target) {
      case Undefined undefined -> throw undefined.error();
      case Text text when TextMethods.has(name) ->
          (Function) (arguments, in) -> TextMethods.call(text, name, arguments, in.budget());
      case Map<?, ?> map when MAP_METHODS.contains(name) ->
          (Function) (arguments, in) -> mapMethod(map, name, arguments, in.budget());
      case Map<?, ?> map -> item(map, Text.own(name), name);
      case List<?> list when LIST_METHODS.contains(name) ->
          (Function) (arguments, in) -> listMethod(list, name, arguments, in.budget());
      case Namespace namespace -> namespace.get(name);
      case LoopState loop -> loop.get(name);
      case null, default -> missing(target, name);
    };
  }

  private static Undefined missing(Object target, String name) {
    return new Undefined("'" + name + "' of " + Values.typeName(target));
  }

  private static Object item(Map<?, ?> map, Object key, String name) {
    Object value = map.get(key);
    return value != null || map.containsKey(key) ? value : missing(map, name);
  }

  /** {@code target[index]}: an item, or else the attribute of that name. */
  static Object item(Object target, Object index) {
    return switch (target) {
      case Undefined undefined -> throw undefined.error();
      case Map<?, ?> map when Values.isKey(index) && map.containsKey(Values.key(index)) ->
          map.get(Values.key(index));
      case List<?> list when isIndex(index) -> {
        long at = position(Numbers.toLong(index), list.size());
        yield at < 0 ? missing(list, index.toString()) : list.get((int) at);
      }
      case Text text when isIndex(index) -> {
        long at = position(Numbers.toLong(index), text.count());
        if (at < 0) {
          yield missing(text, index.toString());
        }
        int from = text.position((int) at);
        yield text.substring(from, from + Character.charCount(text.string().codePointAt(from)));
      }
      case null, default ->
          index instanceof Text name
              ? attribute(target, name.string())
              : missing(target, "that key");
    };
  }

  private static boolean isIndex(Object value) {
    return value instanceof Long || value instanceof Boolean;
  }

  /** A place counted from the end if negative; -1 if there is none. */
  private static long position(long index, int size) {
    long at = index < 0 ? index + size : index;
    return at < size ? Math.max(at, -1) : -1;
  }

  /** {@code target[from:to:step]}; what is left out is null. */
  static Object slice(Object target, Object from, Object to, Object step, Budget budget) {
    Values.defined(target);
    boolean text = target instanceof Text;
    if (!text && !(target instanceof List<?>)) {
      return missing(target, "a slice");
    }
    long by = step == null ? 1 : index(step);
    if (by == 0) {
      throw new TemplateError("a slice's step must not be zero");
    }
    int size = text ? ((Text) target).count() : ((List<?>) target).size();
    long first =
        by > 0 ? bound(from, 0, 0, size, size) : bound(from, size - 1L, -1, size - 1L, size);
    long end = by > 0 ? bound(to, size, 0, size, size) : bound(to, -1, -1, size - 1L, size);
    if (text) {
      budget.characters(size);
      return slice((Text) target, first, end, by);
    }
    List<?> list = (List<?>) target;
    budget.items(Math.abs(end - first));
    List<Object> items = new ArrayList<>();
    for (long i = first; by > 0 ? i < end : i > end; i += by) {
      items.add(list.get((int) i));
    }
    return target instanceof Tuple ? new Tuple(items) : items;
  }

  private static Text slice(Text text, long first, long end, long by) {
    if (by == 1) {
      return first >= end
          ? Text.EMPTY
          : text.substring(text.position((int) first), text.position((int) end));
    }
    int[] starts = new int[text.count() + 1];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = text.string().offsetByCodePoints(starts[i - 1], 1);
    }
    Text.Builder out = new Text.Builder();
    for (long i = first; by > 0 ? i < end : i > end; i += by) {
      out.append(text, starts[(int) i], starts[(int) i + 1]);
    }
    return out.build();
  }

  private static long bound(Object value, long otherwise, long least, long most, int size) {
    if (value == null) {
      return otherwise;
    }
    long index = index(value);
    return Math.clamp(index < 0 ? index + size : index, least, Math.max(least, most));
  }

  private static long index(Object value) {
    if (!isIndex(value)) {
      throw new TemplateError("a slice takes integers, not " + Values.typeName(value));
    }
    return Math.clamp(Numbers.toLong(value), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static Object mapMethod(Map<?, ?> map, String name, Arguments arguments, Budget budget) {
    budget.items(map.size());
    return switch (name) {
      case "get" -> {
        Arguments.Bound bound = arguments.bind("key", "default");
        Object key = bound.required(0);
        yield Operators.contains(map, key, budget) ? map.get(Values.key(key)) : bound.get(1, null);
      }
      case "items" -> pairs(map);
      case "keys" -> new ArrayList<>(map.keySet());
      case "values" -> new ArrayList<>(map.values());
      case "copy" -> new LinkedHashMap<>(map);
      default -> throw changes(name);
    };
  }

  /** Tuples of key and value. */
  static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>(map.size());
    map.forEach((key, value) -> pairs.add(pair(key, value)));
    return pairs;
  }

  static Tuple pair(Object first, Object second) {
    List<Object> pair = new ArrayList<>(2);
    Collections.addAll(pair, first, second);
    return new Tuple(pair);
  }

  private static Object listMethod(List<?> list, String name, Arguments arguments, Budget budget) {
    return switch (name) {
      case "copy" -> {
        budget.items(list.size());
        yield new ArrayList<>(list);
      }
      case "count", "index" -> {
        Object sought = arguments.bind("value").required(0);
        long count = 0;
        for (int i = 0; i < list.size(); i++) {
          if (Values.equal(list.get(i), sought, budget)) {
            if (name.equals("index")) {
              yield (long) i;
            }
            count++;
          }
        }
        if (name.equals("index")) {
          throw new TemplateError("index: there is no such item");
        }
        yield count;
      }
      default -> throw changes(name);
    };
  }

  private static TemplateError changes(String method) {
    return new TemplateError(
        "'" + method + "' would change a value; only a namespace's attributes can be changed");
  }
}
