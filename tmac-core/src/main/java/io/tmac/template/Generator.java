package io.tmac.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What filters such as {@code select} make: items that can be gone through once. It is true even if
 * there are none, and has no length.
 */
final class Generator {
  private final Iterator<Object> items;

  Generator(List<Object> items) {
    this.items = items.iterator();
  }

  /** Whether an item is left. */
  boolean hasNext() {
    return items.hasNext();
  }

  Object next() {
    return items.next();
  }

  /** All items that are left. */
  List<Object> rest() {
    List<Object> rest = new ArrayList<>();
    items.forEachRemaining(rest::add);
    return rest;
  }
}
