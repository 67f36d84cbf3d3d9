package io.tmac.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: the one thing in a template that can be changed. */
final class Namespace {
  private final Map<String, Object> attributes = new LinkedHashMap<>();

  Object get(String name) {
    return attributes.containsKey(name)
        ? attributes.get(name)
        : new Undefined("'" + name + "' of a namespace");
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
