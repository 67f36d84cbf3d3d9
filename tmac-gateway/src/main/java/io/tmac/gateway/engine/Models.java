package io.tmac.gateway.engine;

import io.tmac.gateway.http.ApiError;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The models by name. Names come from the configuration alone: no request adds or loads one. */
public final class Models implements AutoCloseable {
  /** Characters of an unknown name that are repeated to the client. */
  private static final int SHOWN = 128;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

  private final Map<String, ServedModel> models = new LinkedHashMap<>();

  /** Takes the models; the first one answers where a client names none. */
  public Models(List<? extends ServedModel> all) {
    for (ServedModel model : all) {
      if (!NAME.matcher(model.id()).matches()) {
        throw new IllegalArgumentException(
            "a model's name must be 1 to 128 letters, digits, '.', '_', ':' or '-', and begin with"
                + " a letter or digit: "
                + model.id());
      }
      if (models.put(model.id(), model) != null) {
        throw new IllegalArgumentException("two models are called " + model.id());
      }
    }
  }

  /** Returns all models, in the order of the configuration. */
  public Collection<ServedModel> all() {
    return models.values();
  }

  /**
   * Finds a model. Ollama's {@code :latest} is understood.
   *
   * @throws ApiError with status 404
   */
  public ServedModel get(String id) {
    ServedModel model = models.get(id);
    if (model == null && id.endsWith(":latest")) {
      model = models.get(id.substring(0, id.length() - ":latest".length()));
    }
    if (model == null) {
      String shown = id.length() <= SHOWN ? id : id.substring(0, SHOWN) + "...";
      throw ApiError.notFound(
              "Model not found: " + shown + ". GET /v1/models lists those there are")
          .withCode("model_not_found");
    }
    return model;
  }

  /** Whether all models of this process can answer, or, if there are none, any other can. */
  public boolean ready() {
    return models.values().stream().anyMatch(ServedModel::ready)
        && models.values().stream().allMatch(model -> model.remote() || model.ready());
  }

  /**
   * Waits until all models can answer.
   *
   * @throws IOException if one cannot be read
   */
  public void awaitReady() throws IOException, InterruptedException {
    for (ServedModel model : models.values()) {
      model.awaitReady();
    }
  }

  @Override
  public void close() {
    models.values().forEach(ServedModel::close);
  }
}
