package io.tmac.gateway.api;

import io.tmac.ChatMessage;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.Job.Prompt;
import io.tmac.gateway.engine.Job.Sampling;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads requests under {@code /api}: Ollama's, with their {@code options}, and plainer ones, with
 * the same fields beside the others. Fields that it does not know it ignores.
 */
final class OllamaReader {
  private final Models models;
  private final ApiOptions options;

  OllamaReader(Models models, ApiOptions options) {
    this.models = models;
    this.options = options;
  }

  Ask chat(Fields body) {
    ServedModel model = models.get(name(body));
    Unsupported.refuseOllama(body);
    return ask(model, body, new Prompt.Chat(Messages.read(body), Map.of()));
  }

  /**
   * A question to a model that knows conversations, unless it is raw; else a text to go on with.
   */
  Ask generate(Fields body) {
    ServedModel model = models.get(name(body));
    Unsupported.refuseOllama(body);
    String prompt = body.required("prompt", "Prompt is required");
    String system = body.string("system", "");
    if (body.bool("raw", false) || model.card().chatTemplate().isEmpty()) {
      String text = system.isEmpty() ? prompt : system + "\n\n" + prompt;
      return ask(model, body, new Prompt.Text(text));
    }
    List<ChatMessage> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(ChatMessage.system(system));
    }
    messages.add(ChatMessage.user(prompt));
    return ask(model, body, new Prompt.Chat(messages, Map.of()));
  }

  private static String name(Fields body) {
    return body.required("model", "Model name is required");
  }

  private Ask ask(ServedModel model, Fields body, Prompt prompt) {
    Fields inner = body.object("options");
    boolean logprobs = body.bool("logprobs", false);
    OptionalInt top = Sizes.of(body.integer("top_logprobs", 0, ApiOptions.LOGPROBS));
    List<String> stops = inner.strings("stop", ApiOptions.STOPS);
    Job job =
        new Job(
            prompt,
            OptionalInt.of(maxTokens(body, inner)),
            sampling(body, inner),
            stops.isEmpty() ? body.strings("stop", ApiOptions.STOPS) : stops,
            seed(body, inner),
            logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty(),
            options.deadline());
    return new Ask(model, List.of(job), 1, body.bool("stream", false), false, logprobs);
  }

  private int maxTokens(Fields body, Fields inner) {
    OptionalLong max = inner.integer("num_predict", -2, ApiOptions.TOKENS);
    if (max.isEmpty()) {
      max = body.integer("max_tokens", 1, ApiOptions.TOKENS);
    }
    if (max.isEmpty()) {
      max = body.integer("num_predict", -2, ApiOptions.TOKENS);
    }
    // Ollama's -1 and -2 stand for as many as there is room for.
    return (int) max.stream().filter(value -> value >= 0).findFirst().orElse(options.maxTokens());
  }

  private static OptionalLong seed(Fields body, Fields inner) {
    OptionalLong seed = inner.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    return seed.isPresent() ? seed : body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static Sampling sampling(Fields body, Fields inner) {
    OptionalLong window = inner.integer("repeat_last_n", -1, Integer.MAX_VALUE);
    OptionalLong topK = inner.integer("top_k", 0, Integer.MAX_VALUE);
    return new Sampling(
        number(body, inner, "temperature", 0, 2),
        number(body, inner, "top_p", 0, 1),
        Sizes.of(topK.isPresent() ? topK : body.integer("top_k", 0, Integer.MAX_VALUE)),
        number(body, inner, "min_p", 0, 1),
        number(body, inner, "repeat_penalty", 0.01, 100),
        Sizes.of(window),
        number(body, inner, "presence_penalty", -2, 2),
        number(body, inner, "frequency_penalty", -2, 2),
        Map.of());
  }

  private static OptionalDouble number(
      Fields body, Fields inner, String field, double min, double max) {
    OptionalDouble value = inner.number(field, min, max);
    return value.isPresent() ? value : body.number(field, min, max);
  }
}
