package io.tmac.gateway.upstream;

import io.tmac.ChatMessage;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.Job.Prompt;
import io.tmac.gateway.engine.Job.Sampling;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Words a job as a request of OpenAI's interface. What the client did not set is left out, so that
 * the other server's defaults hold. Answers always come as a stream: only that can be stopped.
 */
final class UpstreamRequest {
  private UpstreamRequest() {}

  /** Where it goes. */
  static String path(Job job) {
    return switch (job.prompt()) {
      case Prompt.Chat chat -> "/chat/completions";
      case Prompt.Text text -> "/completions";
    };
  }

  /**
   * What it says.
   *
   * @param model what the other server calls the model
   * @throws ApiError with status 400 if the interface cannot say it
   */
  static byte[] body(String model, Job job) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", model);
    switch (job.prompt()) {
      case Prompt.Chat chat -> {
        body.put("messages", messages(chat.messages()));
        if (!chat.variables().isEmpty()) {
          body.put("chat_template_kwargs", chat.variables());
        }
        job.logprobs()
            .ifPresent(count -> {
              body.put("logprobs", true);
              body.put("top_logprobs", count);
            });
      }
      case Prompt.Text text -> {
        body.put("prompt", text.text());
        job.logprobs().ifPresent(count -> body.put("logprobs", count));
      }
    }
    body.put("stream", true);
    body.put("stream_options", Map.of("include_usage", true));
    job.maxTokens().ifPresent(count -> body.put("max_tokens", count));
    job.seed().ifPresent(seed -> body.put("seed", seed));
    if (!job.stops().isEmpty()) {
      body.put("stop", job.stops());
    }
    sampling(job.sampling(), body);
    return Json.bytes(body);
  }

  private static List<Map<String, Object>> messages(List<ChatMessage> messages) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ChatMessage message : messages) {
      Map<String, Object> one = new LinkedHashMap<>(message.fields());
      one.put("role", message.role());
      one.put("content", message.content());
      all.add(one);
    }
    return all;
  }

  private static void sampling(Sampling sampling, Map<String, Object> body) {
    if (sampling.repetitionWindow().isPresent()) {
      throw ApiError.badField(
          "repeat_last_n", "repeat_last_n is not supported by models of other servers");
    }
    put(body, "temperature", sampling.temperature());
    put(body, "top_p", sampling.topP());
    sampling.topK().ifPresent(value -> body.put("top_k", value));
    put(body, "min_p", sampling.minP());
    put(body, "repetition_penalty", sampling.repetitionPenalty());
    put(body, "presence_penalty", sampling.presencePenalty());
    put(body, "frequency_penalty", sampling.frequencyPenalty());
    if (!sampling.logitBias().isEmpty()) {
      body.put("logit_bias", sampling.logitBias());
    }
  }

  private static void put(Map<String, Object> body, String field, OptionalDouble value) {
    value.ifPresent(number -> body.put(field, number));
  }
}
