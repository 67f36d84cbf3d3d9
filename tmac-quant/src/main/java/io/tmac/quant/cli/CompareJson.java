package io.tmac.quant.cli;

import io.tmac.quant.Divergence;
import io.tmac.quant.Evaluation;
import io.tmac.quant.KindErrors;
import io.tmac.quant.ModelSize;
import io.tmac.quant.Spread;
import io.tmac.quant.TensorError;
import io.tmac.quant.TensorInfo;
import io.tmac.quant.Windows;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** The JSON document of {@code compare}. */
final class CompareJson {
  private final JsonGenerator json;
  private final boolean tensors;

  /**
   * Creates a writer.
   *
   * @param json where to write
   * @param tensors whether each tensor is listed
   */
  CompareJson(JsonGenerator json, boolean tensors) {
    this.json = json;
    this.tensors = tensors;
  }

  /** Writes the document; {@code text} is null if there is none. */
  void write(ModelSize reference, List<ModelReport> models, Path text, Windows windows) {
    json.writeStartObject();
    json.writeObjectPropertyStart("reference");
    size(reference);
    json.writeEndObject();
    models
        .getFirst()
        .divergence()
        .ifPresentOrElse(
            divergence -> text(text, windows, divergence.reference()),
            () -> json.writeNullProperty("text"));
    json.writeArrayPropertyStart("models");
    for (ModelReport model : models) {
      json.writeStartObject();
      size(model.size());
      Json.number(json, "ratio", model.size().ratio(reference));
      model.divergence().ifPresent(this::divergence);
      kinds(KindErrors.of(model.errors()));
      if (tensors) {
        tensors(model.errors());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void size(ModelSize size) {
    json.writeStringProperty("source", size.source());
    json.writeStringProperty("format", size.format());
    json.writeStringProperty("type", size.type());
    json.writeNumberProperty("fileBytes", size.fileBytes());
    json.writeNumberProperty("parameters", size.parameters());
    Json.number(json, "bitsPerWeight", size.fileBits());
    Json.number(json, "matrixBitsPerWeight", size.matrixBits());
  }

  private void text(Path text, Windows windows, Evaluation reference) {
    json.writeObjectPropertyStart("text");
    json.writeStringProperty("source", text.toString());
    json.writeNumberProperty("window", windows.size());
    json.writeName("stride");
    if (windows.stride() == Windows.NO_OVERLAP) {
      json.writeNull();
    } else {
      json.writeNumber(windows.stride());
    }
    json.writeNumberProperty("tokens", reference.tokens());
    json.writeNumberProperty("predicted", reference.predicted());
    evaluation(reference);
    json.writeEndObject();
  }

  private void evaluation(Evaluation evaluation) {
    Json.number(json, "meanNll", evaluation.meanNll());
    Json.number(json, "perplexity", evaluation.perplexity());
  }

  private void divergence(Divergence divergence) {
    json.writeObjectPropertyStart("divergence");
    evaluation(divergence.model());
    Json.number(json, "nllDifference", divergence.nllDifference());
    Spread kl = divergence.kl();
    json.writeObjectPropertyStart("kl");
    Json.number(json, "mean", kl.mean());
    Json.number(json, "median", kl.median());
    Json.number(json, "p99", kl.p99());
    Json.number(json, "max", kl.max());
    json.writeEndObject();
    Json.number(json, "topAgreement", divergence.topAgreement());
    json.writeEndObject();
  }

  private void kinds(List<KindErrors> kinds) {
    json.writeArrayPropertyStart("kinds");
    for (KindErrors kind : kinds) {
      json.writeStartObject();
      json.writeStringProperty("kind", kind.kind());
      json.writeNumberProperty("tensors", kind.tensors());
      measures(kind.relativeError(), kind.sqnr(), kind.cosine());
      Json.number(json, "minCosine", kind.minCosine());
      TensorError worst = kind.worst();
      json.writeObjectPropertyStart("worst");
      json.writeStringProperty("name", worst.name());
      measures(worst.relativeError(), worst.sqnr(), worst.cosine());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void tensors(List<TensorError> errors) {
    json.writeArrayPropertyStart("tensors");
    for (TensorError error : errors) {
      json.writeStartObject();
      json.writeStringProperty("name", error.name());
      tensor("reference", error.reference());
      tensor("model", error.model());
      json.writeNumberProperty("rows", error.reference().rows());
      json.writeNumberProperty("cols", error.reference().cols());
      Json.number(json, "mse", error.mse());
      measures(error.relativeError(), error.sqnr(), error.cosine());
      Json.number(json, "maxError", error.maxError());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void tensor(String property, TensorInfo tensor) {
    json.writeObjectPropertyStart(property);
    json.writeStringProperty("name", tensor.name());
    json.writeStringProperty("type", tensor.type());
    json.writeEndObject();
  }

  private void measures(double relativeError, double sqnr, double cosine) {
    Json.number(json, "relativeError", relativeError);
    Json.number(json, "sqnr", sqnr);
    Json.number(json, "cosine", cosine);
  }
}
