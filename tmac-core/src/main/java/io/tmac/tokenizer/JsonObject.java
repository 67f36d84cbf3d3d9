package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An object of a JSON file.
 *
 * @param file the file, for messages
 * @param offset where the object begins
 * @param members JsonObject, List, String, Number, Boolean or null by name
 */
record JsonObject(String file, long offset, Map<String, Object> members) {

  /** Returns a string that has to be there. */
  String string(String name) {
    return members.get(name) instanceof String string ? string : fail(name, "a string");
  }

  /** Returns a string, or null if it is null or not there. */
  String optionalString(String name) {
    return members.get(name) == null ? null : string(name);
  }

  /** Returns a truth value; {@code absent} if it is null or not there. */
  boolean flag(String name, boolean absent) {
    Object value = members.get(name);
    return value == null ? absent : value instanceof Boolean flag ? flag : fail(name, "a boolean");
  }

  /** Returns an object that has to be there. */
  JsonObject object(String name) {
    return members.get(name) instanceof JsonObject object ? object : fail(name, "an object");
  }

  /** Returns objects that have to be there. */
  List<JsonObject> objects(String name) {
    if (!(members.get(name) instanceof List<?> list)) {
      return fail(name, "an array");
    }
    List<JsonObject> objects = new ArrayList<>();
    for (Object element : list) {
      objects.add(element instanceof JsonObject object ? object : fail(name, "objects"));
    }
    return objects;
  }

  /** Returns a number of 0 to 2^31 − 1 that has to be there. */
  int id(String name) {
    return members.get(name) instanceof Integer id && id >= 0 ? id : fail(name, "a token id");
  }

  /** Returns {@code "type"}, which has to be there. */
  String type() {
    return string("type");
  }

  /** A variant that is not supported. */
  UnsupportedModelException unsupported(String expected, String found) {
    return new UnsupportedModelException(file, offset, expected, found);
  }

  /** A fault in this object. */
  ModelFormatException fault(String expected, String found) {
    return new ModelFormatException(file, offset, expected, found);
  }

  private <T> T fail(String name, String expected) {
    Object value = members.get(name);
    throw fault(
        name + " as " + expected,
        !members.containsKey(name)
            ? "none"
            : value instanceof JsonObject ? "an object" : String.valueOf(value));
  }
}
