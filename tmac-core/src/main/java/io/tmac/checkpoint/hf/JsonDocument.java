package io.tmac.checkpoint.hf;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads small JSON documents of strangers: one object, of bounded size and depth, without duplicate
 * keys.
 */
final class JsonDocument {
  /** A safetensors header takes about 120 bytes per tensor. */
  static final int MAX_BYTES = 16 << 20;

  private static final int MAX_DEPTH = 32;

  /** A safetensors header has about 12 per tensor. */
  private static final int MAX_TOKENS = 1_000_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_BYTES)
                  .maxTokenCount(MAX_TOKENS)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final String source;
  private final long start;
  private final JsonParser parser;

  private JsonDocument(String source, long start, JsonParser parser) {
    this.source = source;
    this.start = start;
    this.parser = parser;
  }

  /** Reads a whole file. */
  static JsonObject read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_BYTES) {
      throw new ModelFormatException(
          file.toString(), 0, "a file of at most " + MAX_BYTES + " bytes", size + " bytes");
    }
    return read(file.toString(), 0, Files.readAllBytes(file));
  }

  /**
   * Reads a part of a file.
   *
   * @param source the file, for messages
   * @param start offset of the part
   * @param bytes the part, at most {@link #MAX_BYTES}
   */
  static JsonObject read(String source, long start, MemorySegment bytes) {
    return read(source, start, bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  private static JsonObject read(String source, long start, byte[] bytes) {
    char[] chars = characters(source, start, bytes);
    try (JsonParser parser =
        FACTORY.createParser(ObjectReadContext.empty(), chars, 0, chars.length)) {
      return new JsonDocument(source, start, parser).document();
    } catch (JacksonException e) {
      throw new ModelFormatException(
          source,
          start + Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getCharOffset()),
          "JSON",
          e.getOriginalMessage());
    }
  }

  private static char[] characters(String source, long start, byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      CharBuffer out = StandardCharsets.UTF_8.newDecoder().decode(in);
      char[] chars = new char[out.remaining()];
      out.get(chars);
      return chars;
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(source, start + in.position(), "UTF-8", "other bytes");
    }
  }

  private JsonObject document() {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new ModelFormatException(source, start, "a JSON object", "something else");
    }
    JsonObject object = object(start);
    if (parser.nextToken() != null) {
      throw new ModelFormatException(source, offset(), "the end after the object", "more text");
    }
    return object;
  }

  private JsonObject object(long at) {
    Map<String, Object> members = new LinkedHashMap<>();
    Map<String, Long> offsets = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      offsets.put(name, offset());
      members.put(name, value());
    }
    return new JsonObject(source, at, members, offsets);
  }

  /** A value as JsonObject, List, String, Long, Double, Boolean or null. */
  private Object value() {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(offset());
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value());
        }
        yield elements;
      }
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default -> parser.getDoubleValue();
          };
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> parser.getString();
    };
  }

  /** Offset of the token; exact where the text before it is ASCII. */
  private long offset() {
    return start + Math.max(0, parser.currentTokenLocation().getCharOffset());
  }
}
