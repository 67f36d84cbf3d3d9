package io.tmac.quant.cli;

import io.tmac.ModelConfig;
import io.tmac.quant.Inspection;
import io.tmac.quant.ModelInspector;
import io.tmac.quant.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/** Prints what is in a model file. */
@Command(
    name = "inspect",
    description = "Prints the shape of a model and its tensors. Reads headers, not weights.")
final class InspectCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(
      paramLabel = "MODEL",
      description = "A model file, or a folder that holds exactly one.")
  private Path model;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  InspectCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Inspection inspection = ModelInspector.inspect(model);
    if (json) {
      Json.print(streams, out -> write(inspection, out));
    } else {
      print(inspection);
    }
    return 0;
  }

  private static void write(Inspection inspection, JsonGenerator json) {
    json.writeStartObject();
    json.writeStringProperty("format", inspection.format());
    json.writeStringProperty("architecture", inspection.architecture());
    write(inspection.config(), json);
    json.writeArrayPropertyStart("tensors");
    for (TensorInfo tensor : inspection.tensors()) {
      json.writeStartObject();
      json.writeStringProperty("name", tensor.name());
      json.writeStringProperty("type", tensor.type());
      json.writeArrayPropertyStart("shape");
      json.writeNumber(tensor.rows());
      json.writeNumber(tensor.cols());
      json.writeEndArray();
      json.writeNumberProperty("bytes", tensor.bytes());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberProperty("fileBytes", inspection.fileBytes());
    json.writeEndObject();
  }

  private static void write(ModelConfig config, JsonGenerator json) {
    json.writeObjectPropertyStart("config");
    json.writeNumberProperty("dim", config.dim());
    json.writeNumberProperty("hiddenDim", config.hiddenDim());
    json.writeNumberProperty("layers", config.layers());
    json.writeNumberProperty("heads", config.heads());
    json.writeNumberProperty("kvHeads", config.kvHeads());
    json.writeNumberProperty("headDim", config.headDim());
    json.writeNumberProperty("vocabSize", config.vocabSize());
    json.writeNumberProperty("contextLength", config.contextLength());
    json.writeName("ropeTheta");
    Json.number(json, config.ropeTheta());
    json.writeEndObject();
  }

  private void print(Inspection inspection) {
    ModelConfig config = inspection.config();
    line("file", inspection.source() + ", " + inspection.fileBytes() + " bytes");
    line("format", inspection.format());
    line("architecture", inspection.architecture());
    line("dim", config.dim());
    line("hiddenDim", config.hiddenDim());
    line("layers", config.layers());
    line(
        "heads",
        config.heads() + " of " + config.headDim() + ", sharing " + config.kvHeads() + " kvHeads");
    line("vocabSize", config.vocabSize());
    line("contextLength", config.contextLength());
    line("ropeTheta", config.ropeTheta());
    line("parameters", inspection.parameters());
    int width = inspection.tensors().stream().mapToInt(t -> t.name().length()).max().orElse(0);
    int typeWidth = inspection.tensors().stream().mapToInt(t -> t.type().length()).max().orElse(0);
    String row = "%-" + width + "s  %-" + Math.max(10, typeWidth) + "s  %16s  %12s";
    streams.println("");
    streams.println(String.format(Locale.ROOT, row, "tensor", "type", "rows x cols", "bytes"));
    for (TensorInfo tensor : inspection.tensors()) {
      String shape = tensor.rows() + " x " + tensor.cols();
      streams.println(
          String.format(Locale.ROOT, row, tensor.name(), tensor.type(), shape, tensor.bytes()));
    }
  }

  private void line(String name, Object value) {
    streams.println(String.format(Locale.ROOT, "%-14s %s", name, value));
  }
}
