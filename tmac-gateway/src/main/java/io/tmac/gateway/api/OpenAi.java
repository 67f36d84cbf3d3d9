package io.tmac.gateway.api;

import io.tmac.gateway.engine.ModelCard;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.EventStream.Format;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's endpoints. */
public final class OpenAi {
  private final Models models;
  private final OpenAiReader reader;
  private final Replies replies;

  /** Creates the endpoints. */
  public OpenAi(Models models, ApiOptions options) {
    this.models = models;
    reader = new OpenAiReader(models, options);
    replies = new Replies(options);
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route(
            "POST", "/v1/chat/completions", Access.USER, "Answers a conversation", this::chat),
        new Route("POST", "/v1/completions", Access.USER, "Goes on with a text", this::completion),
        new Route("GET", "/v1/models", Access.USER, "Lists the models", this::list),
        new Route("GET", "/v1/models/{id}", Access.USER, "Describes a model", this::model),
        noEmbeddings("/v1/embeddings"));
  }

  private void chat(Call call) throws IOException, InterruptedException {
    Ask ask = reader.chat(call.json());
    replies.send(call, ask, new ChatShape(call.shortId(), ask), Format.SSE);
  }

  private void completion(Call call) throws IOException, InterruptedException {
    Ask ask = reader.completion(call.json());
    replies.send(call, ask, new CompletionShape(call.shortId(), ask), Format.SSE);
  }

  private void list(Call call) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("object", "list");
    body.put("data", models.all().stream().map(OpenAi::describe).toList());
    call.reply(200, body);
  }

  private void model(Call call) throws IOException {
    call.reply(200, describe(models.get(call.pathValue())));
  }

  private static Map<String, Object> describe(ServedModel model) {
    ModelCard card = model.card();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", model.id());
    body.put("object", "model");
    body.put("created", card.modified().getEpochSecond());
    body.put("owned_by", "tmac");
    if (card.contextLength() > 0) {
      body.put("context_length", card.contextLength());
    }
    return body;
  }

  /** Refuses embeddings, in whichever API they are asked for. */
  static Route noEmbeddings(String path) {
    return new Route(
        "POST",
        path,
        Access.USER,
        "Not supported",
        call -> {
          throw ApiError.of(501, "Embeddings are not supported by this server")
              .withCode("unsupported_endpoint");
        });
  }
}
