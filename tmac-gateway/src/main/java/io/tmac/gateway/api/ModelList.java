package io.tmac.gateway.api;

import io.tmac.gateway.engine.ModelCard;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Fields;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Describes the models under {@code /api}, as Ollama does. */
public final class ModelList {
  /** Models are not unloaded while the server runs. */
  private static final String NEVER = "9999-12-31T23:59:59Z";

  private static final List<String> UNITS = List.of("", "K", "M", "B", "T");

  private final Models models;
  private final String version;

  /**
   * Creates the endpoints.
   *
   * @param models the models
   * @param version the version of this program
   */
  public ModelList(Models models, String version) {
    this.models = models;
    this.version = version;
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/api/models", Access.USER, "Lists the models", this::list),
        new Route("GET", "/api/models/{name}", Access.USER, "Describes a model", this::model),
        new Route("GET", "/api/tags", Access.USER, "Lists the models", this::list),
        new Route("GET", "/api/ps", Access.USER, "Lists the models in memory", this::loaded),
        new Route("POST", "/api/show", Access.USER, "Describes a model", this::show),
        new Route("GET", "/api/version", Access.USER, "Tells the version", this::version));
  }

  private void list(Call call) throws IOException {
    call.reply(200, Map.of("models", models.all().stream().map(ModelList::line).toList()));
  }

  private void model(Call call) throws IOException {
    ServedModel model = models.get(call.pathValue());
    Map<String, Object> body = line(model);
    body.put("model_info", model.card().info());
    call.reply(200, body);
  }

  private void loaded(Call call) throws IOException {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ServedModel model : models.all()) {
      if (model.ready()) {
        Map<String, Object> line = line(model);
        line.put("expires_at", NEVER);
        line.put("size_vram", 0);
        line.put("context_length", model.card().contextLength());
        all.add(line);
      }
    }
    call.reply(200, Map.of("models", all));
  }

  private void show(Call call) throws IOException {
    Fields body = call.json();
    String name = body.string("model", body.string("name", ""));
    if (name.isEmpty()) {
      throw ApiError.badField("model", "Model name is required");
    }
    ServedModel model = models.get(name);
    ModelCard card = model.card();
    Map<String, Object> reply = new LinkedHashMap<>();
    reply.put("modelfile", "FROM " + model.id() + "\n");
    reply.put("parameters", "");
    reply.put("template", card.chatTemplate().orElse(""));
    reply.put("details", details(card));
    reply.put("model_info", card.info());
    reply.put("capabilities", List.of("completion"));
    reply.put("modified_at", card.modified().toString());
    call.reply(200, reply);
  }

  private void version(Call call) throws IOException {
    call.reply(200, Map.of("version", version));
  }

  private static Map<String, Object> line(ServedModel model) {
    ModelCard card = model.card();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", model.id());
    line.put("model", model.id());
    line.put("modified_at", card.modified().toString());
    line.put("size", card.bytes());
    line.put("digest", card.digest());
    line.put("details", details(card));
    return line;
  }

  private static Map<String, Object> details(ModelCard card) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("parent_model", "");
    details.put("format", card.format().toLowerCase(Locale.ROOT));
    details.put("family", card.family());
    details.put("families", card.family().isEmpty() ? List.of() : List.of(card.family()));
    details.put("parameter_size", size(card.parameters()));
    details.put("quantization_level", card.quantization());
    return details;
  }

  /** For example 134.5M; empty for none. */
  static String size(long count) {
    if (count == 0) {
      return "";
    }
    double value = count;
    int unit = 0;
    while (value >= 999.95 && unit < UNITS.size() - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f" : "%.1f", value) + UNITS.get(unit);
  }
}
