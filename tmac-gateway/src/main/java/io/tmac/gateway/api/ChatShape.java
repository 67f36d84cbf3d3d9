package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.End;
import io.tmac.gateway.engine.Answer.Piece;
import io.tmac.gateway.engine.Answer.TokenLogprob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's chat completions. */
final class ChatShape extends OpenAiShape {
  private static final String CHUNK = "chat.completion.chunk";
  private final boolean logprobs;

  ChatShape(String id, Ask ask) {
    super("chatcmpl-" + id, ask);
    logprobs = ask.logprobs();
  }

  @Override
  public Map<String, Object> whole(List<Result> results) {
    Map<String, Object> body = object("chat.completion", choices(results));
    body.put("usage", usage(ends(results)));
    return body;
  }

  private List<Map<String, Object>> choices(List<Result> results) {
    List<Map<String, Object>> choices = new ArrayList<>();
    for (Result result : results) {
      Map<String, Object> message = new LinkedHashMap<>();
      message.put("role", "assistant");
      message.put("content", result.text());
      message.put("refusal", null);
      Map<String, Object> choice = new LinkedHashMap<>();
      choice.put("index", choices.size());
      choice.put("message", message);
      choice.put("logprobs", logprobs(result.logprobs()));
      choice.put("finish_reason", result.end().reason());
      choices.add(choice);
    }
    return choices;
  }

  @Override
  public List<Map<String, Object>> opening(int index) {
    Map<String, Object> delta = new LinkedHashMap<>();
    delta.put("role", "assistant");
    delta.put("content", "");
    return List.of(chunk(index, delta, null, null));
  }

  @Override
  public Map<String, Object> piece(int index, Piece piece) {
    return chunk(index, Map.of("content", piece.text()), logprobs(piece.logprobs()), null);
  }

  @Override
  public Map<String, Object> ending(int index, End end) {
    return chunk(index, Map.of(), null, end.reason());
  }

  @Override
  public List<Map<String, Object>> closing(List<End> ends) {
    return usageEvent(CHUNK, ends);
  }

  private Map<String, Object> chunk(
      int index, Map<String, Object> delta, Map<String, Object> logprobs, String reason) {
    Map<String, Object> choice = new LinkedHashMap<>();
    choice.put("index", index);
    choice.put("delta", delta);
    choice.put("logprobs", logprobs);
    choice.put("finish_reason", reason);
    return event(CHUNK, List.of(choice));
  }

  private Map<String, Object> logprobs(List<TokenLogprob> tokens) {
    return logprobs ? Map.of("content", tokens.stream().map(ChatShape::token).toList()) : null;
  }

  /** A token with its alternatives. */
  static Map<String, Object> token(TokenLogprob token) {
    Map<String, Object> body = bare(token);
    body.put("top_logprobs", token.top().stream().map(ChatShape::bare).toList());
    return body;
  }

  private static Map<String, Object> bare(TokenLogprob token) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("token", token.text());
    body.put("logprob", token.logprob());
    body.put("bytes", token.bytes());
    return body;
  }
}
