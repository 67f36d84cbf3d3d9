package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.End;
import io.tmac.gateway.engine.Answer.Piece;
import io.tmac.gateway.engine.Answer.TokenLogprob;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OpenAI's older completions, which go on with a text. */
final class CompletionShape extends OpenAiShape {
  private static final String TYPE = "text_completion";
  private final boolean logprobs;

  /** Characters of the tokens that each answer has so far. */
  private final Map<Integer, Integer> lengths = new HashMap<>();

  CompletionShape(String id, Ask ask) {
    super("cmpl-" + id, ask);
    logprobs = ask.logprobs();
  }

  @Override
  public Map<String, Object> whole(List<Result> results) {
    List<Map<String, Object>> choices = new ArrayList<>();
    for (Result result : results) {
      int index = choices.size();
      choices.add(choice(index, result.text(), result.logprobs(), result.end().reason()));
    }
    Map<String, Object> body = object(TYPE, choices);
    body.put("usage", usage(ends(results)));
    return body;
  }

  @Override
  public List<Map<String, Object>> opening(int index) {
    return List.of();
  }

  @Override
  public Map<String, Object> piece(int index, Piece piece) {
    return event(TYPE, List.of(choice(index, piece.text(), piece.logprobs(), null)));
  }

  @Override
  public Map<String, Object> ending(int index, End end) {
    return event(TYPE, List.of(choice(index, "", List.of(), end.reason())));
  }

  @Override
  public List<Map<String, Object>> closing(List<End> ends) {
    return usageEvent(TYPE, ends);
  }

  private Map<String, Object> choice(
      int index, String text, List<TokenLogprob> tokens, String reason) {
    Map<String, Object> choice = new LinkedHashMap<>();
    choice.put("text", text);
    choice.put("index", index);
    choice.put("logprobs", logprobs ? logprobs(index, tokens) : null);
    choice.put("finish_reason", reason);
    return choice;
  }

  private Map<String, Object> logprobs(int index, List<TokenLogprob> tokens) {
    List<Map<String, Double>> top = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    for (TokenLogprob token : tokens) {
      Map<String, Double> others = new LinkedHashMap<>();
      token.top().forEach(other -> others.putIfAbsent(other.text(), other.logprob()));
      top.add(others);
      int length = lengths.getOrDefault(index, 0);
      offsets.add(length);
      lengths.put(index, length + token.text().length());
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("tokens", tokens.stream().map(TokenLogprob::text).toList());
    body.put("token_logprobs", tokens.stream().map(TokenLogprob::logprob).toList());
    body.put("top_logprobs", top);
    body.put("text_offset", offsets);
    return body;
  }
}
