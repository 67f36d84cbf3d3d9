package io.tmac.quant;

import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/** Writes a {@link QuantReport} as JSON. */
final class QuantReportJson {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private QuantReportJson() {}

  static String of(QuantReport report) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = MAPPER.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringProperty("input", report.input().toString());
      json.writeStringProperty("output", report.output().toString());
      json.writeStringProperty("format", report.format().id());
      json.writeStringProperty("method", report.method().id());
      json.writeNumberProperty("inputBytes", report.inputBytes());
      json.writeNumberProperty("outputBytes", report.outputBytes());
      number(json, "seconds", report.seconds());
      number(json, "relativeRmse", report.relativeRmse());
      json.writeArrayPropertyStart("tensors");
      report.tensors().forEach(tensor -> write(tensor, json));
      json.writeEndArray();
      json.writeArrayPropertyStart("layerErrors");
      report.layerErrors().forEach(error -> number(json, error));
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(TensorQuality tensor, JsonGenerator json) {
    json.writeStartObject();
    json.writeStringProperty("name", tensor.name());
    json.writeStringProperty("type", tensor.type());
    json.writeBooleanProperty("fallback", tensor.fallback());
    json.writeNumberProperty("rows", tensor.rows());
    json.writeNumberProperty("cols", tensor.cols());
    json.writeNumberProperty("bytes", tensor.bytes());
    number(json, "mse", tensor.mse());
    number(json, "meanSquare", tensor.meanSquare());
    number(json, "relativeRmse", tensor.relativeRmse());
    number(json, "sqnrDb", tensor.sqnr());
    number(json, "cosine", tensor.cosine());
    json.writeEndObject();
  }

  private static void number(JsonGenerator json, String name, double value) {
    json.writeName(name);
    number(json, value);
  }

  private static void number(JsonGenerator json, double value) {
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }
}
