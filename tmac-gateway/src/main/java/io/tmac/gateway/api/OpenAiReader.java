package io.tmac.gateway.api;

import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.Job.Prompt;
import io.tmac.gateway.engine.Job.Sampling;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** Reads OpenAI's requests. Fields that it does not know it ignores. */
final class OpenAiReader {
  private static final int COMPLETION_LOGPROBS = 5;

  private final Models models;
  private final ApiOptions options;

  OpenAiReader(Models models, ApiOptions options) {
    this.models = models;
    this.options = options;
  }

  Ask chat(Fields body) {
    ServedModel model = models.get(body.required("model", "Model name is required"));
    Unsupported.refuseChat(body);
    boolean logprobs = body.bool("logprobs", false);
    OptionalInt top = Sizes.of(body.integer("top_logprobs", 0, ApiOptions.LOGPROBS));
    if (top.isPresent() && !logprobs) {
      throw ApiError.badField("top_logprobs", "top_logprobs needs logprobs to be true");
    }
    Prompt prompt = new Prompt.Chat(Messages.read(body), Map.of());
    OptionalInt count = logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
    return ask(model, body, List.of(prompt), count);
  }

  Ask completion(Fields body) {
    ServedModel model = models.get(body.required("model", "Model name is required"));
    Unsupported.refuseCompletion(body);
    List<Prompt> prompts = new ArrayList<>();
    JsonNode given = body.any("prompt");
    if (given != null && (given.path(0).isContainer() || given.path(0).isNumber())) {
      throw ApiError.badField("prompt", "prompt: token ids are not supported; send text")
          .withCode("unsupported_parameter");
    }
    for (String text : body.strings("prompt", ApiOptions.CHOICES)) {
      prompts.add(new Prompt.Text(text));
    }
    if (prompts.isEmpty()) {
      throw ApiError.badField("prompt", "Prompt is required");
    }
    return ask(model, body, prompts, Sizes.of(body.integer("logprobs", 0, COMPLETION_LOGPROBS)));
  }

  private Ask ask(ServedModel model, Fields body, List<Prompt> prompts, OptionalInt logprobs) {
    int n = (int) body.integer("n", 1, ApiOptions.CHOICES).orElse(1);
    if (n * prompts.size() > ApiOptions.CHOICES) {
      throw ApiError.badField("n", "There may be at most " + ApiOptions.CHOICES + " answers");
    }
    OptionalLong max = body.integer("max_completion_tokens", 1, ApiOptions.TOKENS);
    if (max.isEmpty()) {
      max = body.integer("max_tokens", 1, ApiOptions.TOKENS);
    }
    OptionalLong seed = body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    List<String> stops = body.strings("stop", ApiOptions.STOPS);
    Sampling sampling = sampling(body);
    List<Job> jobs = new ArrayList<>();
    for (Prompt prompt : prompts) {
      for (int i = 0; i < n; i++) {
        jobs.add(
            new Job(
                prompt,
                OptionalInt.of((int) max.orElse(options.maxTokens())),
                sampling,
                stops,
                seed.isPresent() ? OptionalLong.of(seed.getAsLong() + i) : seed,
                logprobs,
                options.deadline()));
      }
    }
    boolean usage = body.object("stream_options").bool("include_usage", false);
    return new Ask(model, jobs, n, body.bool("stream", false), usage, logprobs.isPresent());
  }

  private static Sampling sampling(Fields body) {
    return new Sampling(
        body.number("temperature", 0, 2),
        body.number("top_p", 0, 1),
        Sizes.of(body.integer("top_k", 0, Integer.MAX_VALUE)),
        body.number("min_p", 0, 1),
        body.number("repetition_penalty", 0.01, 100),
        OptionalInt.empty(),
        body.number("presence_penalty", -2, 2),
        body.number("frequency_penalty", -2, 2),
        bias(body.object("logit_bias")));
  }

  private static Map<Integer, Float> bias(Fields fields) {
    Map<Integer, Float> bias = new LinkedHashMap<>();
    for (String token : fields.names()) {
      if (!token.matches("[0-9]{1,9}") || bias.size() == ApiOptions.BIASES) {
        throw ApiError.badField(
            "logit_bias",
            "logit_bias must be an object of at most "
                + ApiOptions.BIASES
                + " token ids with numbers from -100 to 100");
      }
      bias.put(Integer.parseInt(token), (float) fields.number(token, -100, 100).orElse(0));
    }
    return bias;
  }
}
