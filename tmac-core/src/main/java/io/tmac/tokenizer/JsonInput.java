package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a JSON file from its start to its end. Each method takes the value that comes next and
 * throws {@link ModelFormatException} if it is not what it should be.
 */
final class JsonInput {

  private static final int MAX_DEPTH = 64;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  private final String file;
  private final JsonParser parser;
  private JsonToken token;

  private JsonInput(String file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /**
   * Reads a file that holds one object.
   *
   * @param file its name, for messages
   * @param members takes the members, one after the other
   */
  static void read(String file, byte[] bytes, Members members) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
      JsonInput in = new JsonInput(file, parser);
      in.token = parser.nextToken();
      in.object(name -> members.read(in, name));
      if (parser.nextToken() != null) {
        throw in.fault("the end of the file after the object", "more text");
      }
    } catch (JacksonException e) {
      long offset = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
      throw new ModelFormatException(file, Math.max(0, offset), "JSON", e.getOriginalMessage());
    }
  }

  /** Takes the members of an object. */
  interface Members {
    /** Reads the value of a member. */
    void read(JsonInput in, String name);
  }

  /** Calls {@code member} with each name; it takes the value. */
  void object(Consumer<String> member) {
    expect(JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      token = parser.nextToken();
      member.accept(name);
    }
  }

  /** Calls {@code element} before each element; it takes the value. */
  void array(Runnable element) {
    expect(JsonToken.START_ARRAY, "an array");
    for (token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
      element.run();
    }
  }

  String string() {
    expect(JsonToken.VALUE_STRING, "a string");
    return parser.getString();
  }

  /** Takes a whole number of 0 to 2^31 − 1. */
  int id() {
    expect(JsonToken.VALUE_NUMBER_INT, "a token id");
    if (parser.getNumberType() != JsonParser.NumberType.INT || parser.getIntValue() < 0) {
      throw fault("a token id", parser.getString());
    }
    return parser.getIntValue();
  }

  boolean isArray() {
    return token == JsonToken.START_ARRAY;
  }

  void skip() {
    parser.skipChildren();
  }

  /** Takes any value: JsonObject, List, String, Number, Boolean or null. */
  Object value() {
    return switch (token) {
      case START_OBJECT -> {
        long offset = offset();
        Map<String, Object> members = new LinkedHashMap<>();
        object(name -> members.put(name, value()));
        yield new JsonObject(file, offset, members);
      }
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        array(() -> elements.add(value()));
        yield elements;
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> parser.getString();
    };
  }

  ModelFormatException fault(String expected, String found) {
    return new ModelFormatException(file, offset(), expected, found);
  }

  private void expect(JsonToken expected, String description) {
    if (token != expected) {
      throw fault(description, token == null ? "the end of the file" : parser.getString());
    }
  }

  private long offset() {
    return Math.max(0, parser.currentTokenLocation().getByteOffset());
  }
}
