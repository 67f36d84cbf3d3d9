package io.tmac.quant.cli;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes JSON documents. Numbers are written so that they read back exactly. JSON has no NaN and no
 * infinity: {@code null} stands for them.
 */
public final class Json {
  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build())
          .build();

  private Json() {}

  /** The contents of a document. */
  @FunctionalInterface
  public interface Document {

    /**
     * Writes the document.
     *
     * @param json where to
     */
    void writeTo(JsonGenerator json);
  }

  /**
   * Prints one document and a line feed.
   *
   * @param streams where to
   * @param document its contents
   */
  public static void print(Streams streams, Document document) {
    try (JsonGenerator json = MAPPER.createGenerator(streams.out())) {
      document.writeTo(json);
    }
    streams.println("");
  }

  /** Writes a number of an array. */
  static void number(JsonGenerator json, float value) {
    if (Float.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }

  /**
   * Writes a number of an object.
   *
   * @param json where to
   * @param name the property
   * @param value its value
   */
  public static void number(JsonGenerator json, String name, double value) {
    json.writeName(name);
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }
}
