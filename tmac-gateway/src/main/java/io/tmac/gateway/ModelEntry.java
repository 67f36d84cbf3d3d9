package io.tmac.gateway;

import io.tmac.gateway.http.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A model of the configuration: a file of this machine, or another server. The file that
 * GATEWAY_MODELS names has a list of them:
 *
 * <pre>{@code
 * {"models": [
 *   {"id": "small", "path": "models/small.gguf"},
 *   {"id": "large", "url": "http://gpu:8000/v1", "key_env": "GPU_KEY", "upstream_model": "m"}
 * ]}
 * }</pre>
 *
 * @param id the name that clients use
 * @param path a model file, or a folder with one; relative to the file that names it
 * @param url the address of another server instead
 * @param keyEnv the environment variable that holds the key of the other server
 * @param upstreamModel what the other server calls the model
 */
record ModelEntry(
    String id,
    Optional<Path> path,
    Optional<URI> url,
    Optional<String> keyEnv,
    Optional<String> upstreamModel) {
  private static final int MAX_FILE = 1 << 20;
  private static final Set<String> FIELDS =
      Set.of("id", "path", "url", "key_env", "upstream_model");

  /** Names are put into URLs and logs, so they are kept simple. */
  static final String ID = "[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}";

  /**
   * Returns the models of MODEL_PATH and GATEWAY_MODELS, in this order.
   *
   * @throws IllegalArgumentException with one sentence that names the file and what is wrong
   * @throws IOException if the file cannot be read
   */
  static List<ModelEntry> of(GatewaySettings settings) throws IOException {
    List<ModelEntry> entries = new ArrayList<>();
    settings.find(Setting.MODEL_PATH).map(Path::of).map(ModelEntry::of).ifPresent(entries::add);
    Optional<Path> file = settings.find(Setting.MODELS).map(Path::of);
    if (file.isPresent()) {
      entries.addAll(read(file.get()));
    }
    Set<String> ids = new HashSet<>();
    for (ModelEntry entry : entries) {
      if (!ids.add(entry.id)) {
        throw new IllegalArgumentException("two models are called " + entry.id);
      }
    }
    return entries;
  }

  /** Names a model after its file: {@code models/small.gguf} is {@code small}. */
  static ModelEntry of(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    String name = last == null ? "model" : last.toString();
    if (!Files.isDirectory(path)) {
      name = name.replaceFirst("(?<=.)\\.(gguf|bin|tmac|tm2|safetensors)$", "");
    }
    String id = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    return new ModelEntry(
        id.isEmpty() ? "model" : id.substring(0, Math.min(id.length(), 128)),
        Optional.of(path),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static List<ModelEntry> read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IllegalArgumentException(file + ": a list of models has at most 1 MiB");
    }
    JsonNode root;
    try {
      root = Json.MAPPER.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + ": " + e.getOriginalMessage(), e);
    }
    JsonNode models = root.path("models");
    if (!models.isArray() || models.isEmpty()) {
      throw new IllegalArgumentException(
          file + ": expected an object with a list \"models\" of at least one model");
    }
    List<ModelEntry> entries = new ArrayList<>();
    for (JsonNode model : models) {
      String where = file + ": models[" + entries.size() + "]";
      try {
        entries.add(read(file, model));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
      }
    }
    return entries;
  }

  private static ModelEntry read(Path file, JsonNode model) {
    for (String field : model.propertyNames()) {
      if (!FIELDS.contains(field)) {
        throw new IllegalArgumentException("there is no field " + field);
      }
    }
    String id = text(model, "id").orElse("");
    if (!id.matches(ID)) {
      throw new IllegalArgumentException(
          "id must be 1 to 128 letters, digits and . _ : / -, beginning with a letter or a digit");
    }
    Optional<Path> path = text(model, "path").map(file.toAbsolutePath()::resolveSibling);
    Optional<URI> url = text(model, "url").map(URI::create);
    if (path.isPresent() == url.isPresent()) {
      throw new IllegalArgumentException("give either a path or a url");
    }
    if (path.isPresent() && !Files.exists(path.get())) {
      throw new IllegalArgumentException("path names a file that is not there: " + path.get());
    }
    if (url.isPresent() && !url.get().toString().matches("https?://[^/?#@]+(/[^?#]*)?")) {
      throw new IllegalArgumentException(
          "url must begin with http:// or https:// and a host, without a user or a query");
    }
    return new ModelEntry(id, path, url, text(model, "key_env"), text(model, "upstream_model"));
  }

  private static Optional<String> text(JsonNode model, String field) {
    JsonNode node = model.get(field);
    if (node == null || node.isNull()) {
      return Optional.empty();
    }
    if (!node.isString() || node.stringValue().isBlank()) {
      throw new IllegalArgumentException(field + " must be a text");
    }
    return Optional.of(node.stringValue());
  }
}
