package io.tmac.template;

import java.util.ArrayList;
import java.util.List;

/** What a loop's body knows as {@code loop}. */
final class LoopState {
  private final List<?> items;
  private final int depth;

  /** Runs the body over other items, or null if the loop is not recursive. */
  private final Function recursion;

  private int index;
  private List<Object> seen;

  LoopState(List<?> items, int depth, Function recursion) {
    this.items = items;
    this.depth = depth;
    this.recursion = recursion;
  }

  void moveTo(int index) {
    this.index = index;
  }

  int depth() {
    return depth;
  }

  Function recursion() {
    if (recursion == null) {
      throw new TemplateError("'loop' can be called only in a recursive loop");
    }
    return recursion;
  }

  Object get(String name) {
    int last = items.size() - 1;
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> last - index + 1L;
      case "revindex0" -> (long) (last - index);
      case "first" -> index == 0;
      case "last" -> index == last;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" -> index == 0 ? new Undefined("'loop.previtem'") : items.get(index - 1);
      case "nextitem" -> index == last ? new Undefined("'loop.nextitem'") : items.get(index + 1);
      case "cycle" -> (Function) (arguments, _) -> cycle(arguments.positional());
      case "changed" -> (Function) (arguments, in) -> changed(arguments.positional(), in.budget());
      default -> new Undefined("'loop." + name + "'");
    };
  }

  private Object cycle(List<Object> values) {
    if (values.isEmpty()) {
      throw new TemplateError("loop.cycle needs values");
    }
    return values.get(index % values.size());
  }

  private boolean changed(List<Object> values, Budget budget) {
    boolean changed = seen == null || !Values.equal(seen, values, budget);
    seen = new ArrayList<>(values);
    return changed;
  }
}
