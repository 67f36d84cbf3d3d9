package io.tmac.gateway.api;

import io.tmac.gateway.engine.Models;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.EventStream.Format;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.util.List;

/** The endpoints that generate under {@code /api}; Ollama's clients can use them. */
public final class Ollama {
  private final OllamaReader reader;
  private final Replies replies;

  /** Creates the endpoints. */
  public Ollama(Models models, ApiOptions options) {
    reader = new OllamaReader(models, options);
    replies = new Replies(options);
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", "/api/generate", Access.USER, "Answers a prompt", this::generate),
        new Route("POST", "/api/chat", Access.USER, "Answers a conversation", this::chat),
        OpenAi.noEmbeddings("/api/embed"),
        OpenAi.noEmbeddings("/api/embeddings"));
  }

  private void generate(Call call) throws IOException, InterruptedException {
    Ask ask = reader.generate(call.json());
    replies.send(call, ask, new OllamaShape(call.shortId(), ask, false), format(call));
  }

  private void chat(Call call) throws IOException, InterruptedException {
    Ask ask = reader.chat(call.json());
    replies.send(call, ask, new OllamaShape(call.shortId(), ask, true), format(call));
  }

  private static Format format(Call call) {
    boolean events = call.header("Accept").orElse("").contains("text/event-stream");
    return events ? Format.SSE : Format.NDJSON;
  }
}
