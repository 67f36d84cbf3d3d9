package io.tmac.gateway.http;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON, read strictly: no duplicate keys, nothing behind the document, no depth without end. */
public final class Json {
  private static final int DEPTH = 64;

  /** Characters of a document; the limit for bodies is far below. */
  private static final int LENGTH = 1 << 28;

  /** Reads and writes. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH)
                          .maxDocumentLength(LENGTH)
                          .maxStringLength(LENGTH)
                          .build())
                  .build())
          .build();

  private Json() {}

  /**
   * Reads the object that a body must be.
   *
   * @throws ApiError with status 400 if it is something else
   */
  static Fields object(byte[] body) {
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (JacksonException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw ApiError.of(400, "The body is not valid JSON" + where);
    }
    if (node == null || !node.isObject()) {
      throw ApiError.of(400, "The body must be a JSON object");
    }
    return new Fields(node, "");
  }

  /** Writes a value. */
  public static byte[] bytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }
}
