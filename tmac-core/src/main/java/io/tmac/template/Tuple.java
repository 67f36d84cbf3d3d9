package io.tmac.template;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** A tuple: a list that prints in parentheses and equals no other list. */
final class Tuple extends AbstractList<Object> implements RandomAccess {
  private final List<Object> items;

  Tuple(List<Object> items) {
    this.items = items;
  }

  @Override
  public Object get(int index) {
    return items.get(index);
  }

  @Override
  public int size() {
    return items.size();
  }
}
