package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.End;
import io.tmac.gateway.engine.Answer.Usage;
import io.tmac.gateway.http.ApiError;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What OpenAI's chat and completions have in common. */
abstract class OpenAiShape implements Shape {
  private static final int FINGERPRINT = 12;

  private final String id;
  private final Ask ask;
  private final String fingerprint;
  private final long created = Instant.now().getEpochSecond();

  /**
   * Begins an answer.
   *
   * @param id its id
   * @param ask what is asked
   */
  OpenAiShape(String id, Ask ask) {
    this.id = id;
    this.ask = ask;
    this.fingerprint = fingerprint(ask.model().card().digest());
  }

  private static String fingerprint(String digest) {
    String hex = digest.substring(digest.indexOf(':') + 1);
    return hex.isEmpty() ? null : "fp_" + hex.substring(0, Math.min(FINGERPRINT, hex.length()));
  }

  /** The fields that all bodies and events begin with. */
  Map<String, Object> object(String type, List<Map<String, Object>> choices) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("id", id);
    object.put("object", type);
    object.put("created", created);
    object.put("model", ask.model().id());
    object.put("system_fingerprint", fingerprint);
    object.put("choices", choices);
    return object;
  }

  /** An event of a stream. */
  Map<String, Object> event(String type, List<Map<String, Object>> choices) {
    Map<String, Object> event = object(type, choices);
    if (ask.usage()) {
      event.put("usage", null);
    }
    return event;
  }

  /** The event with the numbers of tokens, if it was asked for. */
  List<Map<String, Object>> usageEvent(String type, List<End> ends) {
    if (!ask.usage()) {
      return List.of();
    }
    Map<String, Object> event = object(type, List.of());
    event.put("usage", usage(ends));
    return List.of(event);
  }

  /** The numbers of tokens. */
  Map<String, Object> usage(List<End> ends) {
    Usage total = ask.total(ends.stream().map(End::usage).toList());
    Map<String, Object> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", total.promptTokens());
    usage.put("completion_tokens", total.generatedTokens());
    usage.put("total_tokens", total.promptTokens() + total.generatedTokens());
    usage.put("prompt_tokens_details", Map.of("cached_tokens", total.cachedTokens()));
    return usage;
  }

  static List<End> ends(List<Result> results) {
    return results.stream().map(Result::end).toList();
  }

  @Override
  public Map<String, Object> error(ApiError error) {
    return error.body(true);
  }

  @Override
  public Map<String, Object> silence() {
    throw new IllegalStateException("server-sent events have comments");
  }
}
