package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.End;
import io.tmac.gateway.engine.Answer.Piece;
import io.tmac.gateway.engine.Answer.TokenLogprob;
import io.tmac.gateway.engine.Answer.Usage;
import io.tmac.gateway.http.ApiError;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ollama's answers. A whole answer to a conversation has the fields of OpenAI's as well, for
 * clients that were written for them.
 */
final class OllamaShape implements Shape {
  private final String model;
  private final boolean chat;
  private final boolean logprobs;
  private final ChatShape openAi;

  /**
   * Begins an answer.
   *
   * @param id its id
   * @param ask what is asked
   * @param chat whether it answers a conversation
   */
  OllamaShape(String id, Ask ask, boolean chat) {
    this.model = ask.model().id();
    this.chat = chat;
    this.logprobs = ask.logprobs();
    this.openAi = new ChatShape(id, ask);
  }

  @Override
  public Map<String, Object> whole(List<Result> results) {
    Result result = results.getFirst();
    Map<String, Object> body = chat ? openAi.whole(results) : new LinkedHashMap<>();
    body.putAll(line(result.text(), result.logprobs()));
    return finished(body, result.end());
  }

  @Override
  public List<Map<String, Object>> opening(int index) {
    return List.of();
  }

  @Override
  public Map<String, Object> piece(int index, Piece piece) {
    return line(piece.text(), piece.logprobs());
  }

  @Override
  public Map<String, Object> ending(int index, End end) {
    return finished(line("", List.of()), end);
  }

  @Override
  public List<Map<String, Object>> closing(List<End> ends) {
    return List.of();
  }

  @Override
  public Map<String, Object> error(ApiError error) {
    return error.body(false);
  }

  @Override
  public Map<String, Object> silence() {
    return line("", List.of());
  }

  private Map<String, Object> line(String text, List<TokenLogprob> tokens) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("model", model);
    line.put("created_at", Instant.now().truncatedTo(ChronoUnit.MICROS).toString());
    if (chat) {
      Map<String, Object> message = new LinkedHashMap<>();
      message.put("role", "assistant");
      message.put("content", text);
      line.put("message", message);
    } else {
      line.put("response", text);
    }
    line.put("done", false);
    if (logprobs && !tokens.isEmpty()) {
      line.put("logprobs", tokens.stream().map(ChatShape::token).toList());
    }
    return line;
  }

  private static Map<String, Object> finished(Map<String, Object> body, End end) {
    Usage usage = end.usage();
    body.put("done", true);
    body.put("done_reason", end.reason());
    body.put(
        "total_duration", usage.queued().plus(usage.reading()).plus(usage.writing()).toNanos());
    body.put("load_duration", usage.queued().toNanos());
    body.put("prompt_eval_count", usage.promptTokens());
    body.put("prompt_eval_duration", usage.reading().toNanos());
    body.put("eval_count", usage.generatedTokens());
    body.put("eval_duration", usage.writing().toNanos());
    return body;
  }
}
