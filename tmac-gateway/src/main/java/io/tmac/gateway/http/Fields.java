package io.tmac.gateway.http;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** The fields of a JSON object, with errors that name them. JSON null counts as absent. */
public record Fields(JsonNode object, String path) {

  private JsonNode find(String field) {
    JsonNode node = object.get(field);
    return node == null || node.isNull() ? null : node;
  }

  private ApiError wrong(String field, String expected) {
    String name = path + field;
    return ApiError.badField(name, name + " must be " + expected);
  }

  /** Whether a field is there. */
  public boolean has(String field) {
    return find(field) != null;
  }

  /** Returns any field, or null. */
  public JsonNode any(String field) {
    return find(field);
  }

  /** Returns the names of the fields. */
  public Collection<String> names() {
    return object.propertyNames();
  }

  /** Returns a string, or the default. */
  public String string(String field, String other) {
    JsonNode node = find(field);
    if (node == null) {
      return other;
    }
    if (!node.isString()) {
      throw wrong(field, "a string");
    }
    return node.stringValue();
  }

  /** Returns a string that must be there, and must not be empty. */
  public String required(String field, String message) {
    String value = string(field, "");
    if (value.isEmpty()) {
      throw ApiError.badField(path + field, message);
    }
    return value;
  }

  /** Returns a truth value, or the default. */
  public boolean bool(String field, boolean other) {
    JsonNode node = find(field);
    if (node == null) {
      return other;
    }
    if (!node.isBoolean()) {
      throw wrong(field, "true or false");
    }
    return node.booleanValue();
  }

  /** Returns a finite number within bounds. */
  public OptionalDouble number(String field, double min, double max) {
    JsonNode node = find(field);
    if (node == null) {
      return OptionalDouble.empty();
    }
    double value = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!(value >= min && value <= max)) {
      throw wrong(field, "a number from " + min + " to " + max);
    }
    return OptionalDouble.of(value);
  }

  /** Returns a whole number within bounds. */
  public OptionalLong integer(String field, long min, long max) {
    JsonNode node = find(field);
    if (node == null) {
      return OptionalLong.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong(field, "a whole number from " + min + " to " + max);
    }
    long value = node.longValue();
    if (value < min || value > max) {
      throw wrong(field, "a whole number from " + min + " to " + max);
    }
    return OptionalLong.of(value);
  }

  /** Returns a string or a list of at most {@code most} strings; none may be empty. */
  public List<String> strings(String field, int most) {
    JsonNode node = find(field);
    if (node == null) {
      return List.of();
    }
    String expected = "a string or a list of at most " + most + " strings, none of them empty";
    List<String> all = new ArrayList<>();
    for (JsonNode item : node.isArray() ? node : List.of(node)) {
      if (!item.isString() || item.stringValue().isEmpty() || all.size() == most) {
        throw wrong(field, expected);
      }
      all.add(item.stringValue());
    }
    return all;
  }

  /** Returns the objects of a list of at most {@code most}; empty if it is absent. */
  public List<Fields> objects(String field, int most) {
    JsonNode node = find(field);
    if (node == null) {
      return List.of();
    }
    if (!node.isArray() || node.size() > most) {
      throw wrong(field, "a list of at most " + most + " objects");
    }
    List<Fields> all = new ArrayList<>();
    for (JsonNode item : node) {
      if (!item.isObject()) {
        throw wrong(field, "a list of at most " + most + " objects");
      }
      all.add(new Fields(item, path + field + "[" + all.size() + "]."));
    }
    return all;
  }

  /** Returns an object; empty if it is absent. */
  public Fields object(String field) {
    JsonNode node = find(field);
    if (node == null) {
      return new Fields(Json.MAPPER.createObjectNode(), path + field + ".");
    }
    if (!node.isObject()) {
      throw wrong(field, "an object");
    }
    return new Fields(node, path + field + ".");
  }
}
