package io.tmac.gateway.upstream;

import io.tmac.gateway.engine.Answer.Piece;
import io.tmac.gateway.engine.Answer.TokenLogprob;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads the probabilities of tokens, which chat and completions write differently. */
final class UpstreamLogprobs {
  private UpstreamLogprobs() {}

  static Piece piece(String text, JsonNode logprobs, boolean chat) {
    if (!logprobs.isObject()) {
      return new Piece(text, List.of());
    }
    return new Piece(text, chat ? chat(logprobs.path("content")) : completion(logprobs));
  }

  private static List<TokenLogprob> chat(JsonNode content) {
    List<TokenLogprob> tokens = new ArrayList<>();
    for (JsonNode token : content) {
      List<TokenLogprob> top = new ArrayList<>();
      for (JsonNode other : token.path("top_logprobs")) {
        top.add(token(other, List.of()));
      }
      tokens.add(token(token, top));
    }
    return tokens;
  }

  private static TokenLogprob token(JsonNode token, List<TokenLogprob> top) {
    String text = token.path("token").asString("");
    List<Integer> bytes = new ArrayList<>();
    for (JsonNode value : token.path("bytes")) {
      bytes.add(value.asInt(0) & 0xff);
    }
    return new TokenLogprob(
        text, bytes.isEmpty() ? bytes(text) : bytes, number(token.path("logprob")), top);
  }

  private static List<TokenLogprob> completion(JsonNode logprobs) {
    List<TokenLogprob> tokens = new ArrayList<>();
    JsonNode texts = logprobs.path("tokens");
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.path(i).asString("");
      List<TokenLogprob> top = new ArrayList<>();
      logprobs
          .path("top_logprobs")
          .path(i)
          .properties()
          .forEach(other ->
              top.add(
                  new TokenLogprob(
                      other.getKey(), bytes(other.getKey()), number(other.getValue()), List.of())));
      tokens.add(
          new TokenLogprob(
              text, bytes(text), number(logprobs.path("token_logprobs").path(i)), top));
    }
    return tokens;
  }

  private static List<Integer> bytes(String text) {
    List<Integer> bytes = new ArrayList<>();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(Byte.toUnsignedInt(value));
    }
    return bytes;
  }

  /** JSON has no infinity; OpenAI writes -9999 for what is all but impossible. */
  private static double number(JsonNode value) {
    return value.isNumber() ? Math.max(-9999, value.doubleValue()) : -9999;
  }
}
