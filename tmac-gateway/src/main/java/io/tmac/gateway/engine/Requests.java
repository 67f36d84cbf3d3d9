package io.tmac.gateway.engine;

import io.tmac.ChatTemplateException;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.TmacException;
import io.tmac.gateway.http.ApiError;
import io.tmac.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what a client asks into a request to a model, or tells the client what is wrong with it.
 */
final class Requests {
  /**
   * Characters that hardly any token has. What has more of them than that times the context is not
   * worth being cut into tokens, which takes a second for some megabytes.
   */
  private static final int TOKEN_LENGTH = 256;

  private static final Logger LOG = LoggerFactory.getLogger(Requests.class);

  private Requests() {}

  /**
   * Makes a request.
   *
   * @throws ApiError with status 400 if the model cannot do it
   */
  static GenerationRequest of(Model model, Job job) {
    int contextLength = model.info().contextLength();
    long least = length(job.prompt()) / TOKEN_LENGTH;
    if (least > contextLength) {
      throw tooLong(contextLength, "more than " + least);
    }
    GenerationRequest request = prompt(model, job);
    if (request.promptTokens() > contextLength) {
      throw tooLong(contextLength, Integer.toString(request.promptTokens()));
    }
    if (request.promptTokens() == 0) {
      throw ApiError.badField("prompt", "The prompt has no tokens");
    }
    job.sampling()
        .logitBias()
        .keySet()
        .forEach(token -> {
          if (token >= model.info().config().vocabSize()) {
            throw ApiError.badField("logit_bias", "logit_bias: the model has no token " + token);
          }
        });
    request.sampling(sampling(job.sampling()));
    request.deadline(job.deadline());
    job.maxTokens().ifPresent(request::maxTokens);
    job.seed().ifPresent(request::seed);
    job.logprobs().ifPresent(request::logprobs);
    return request;
  }

  /** Characters of a prompt. */
  private static long length(Job.Prompt prompt) {
    return switch (prompt) {
      case Job.Prompt.Text text -> text.text().length();
      case Job.Prompt.Chat chat ->
          chat.messages().stream().mapToLong(message -> message.content().length()).sum();
    };
  }

  private static ApiError tooLong(int contextLength, String tokens) {
    return ApiError.of(
            400,
            "This model's context has room for "
                + contextLength
                + " tokens, but the prompt has "
                + tokens
                + ". Shorten it")
        .withCode("context_length_exceeded");
  }

  private static GenerationRequest prompt(Model model, Job job) {
    List<String> stops = new ArrayList<>(job.stops());
    GenerationRequest request;
    try {
      request =
          switch (job.prompt()) {
            case Job.Prompt.Text text -> model.generate(text.text());
            case Job.Prompt.Chat chat when model.chatTemplate().isPresent() ->
                model.chat(chat.messages(), chat.variables());
            case Job.Prompt.Chat chat -> {
              stops.addAll(PlainChat.STOPS);
              yield model.generate(PlainChat.text(chat.messages()));
            }
          };
    } catch (ChatTemplateException e) {
      if (e.refused()) {
        throw ApiError.of(400, e.getMessage()).withCode("invalid_messages");
      }
      LOG.error("the chat template of {} failed", model.info().source(), e);
      throw ApiError.of(500, "The model's chat template failed; the log says why");
    } catch (TmacException e) {
      throw ApiError.of(501, "This model has no tokenizer, so it cannot read text");
    }
    return request.stop(stops.toArray(String[]::new));
  }

  private static SamplingOptions sampling(Job.Sampling wanted) {
    SamplingOptions options = SamplingOptions.DEFAULT.withLogitBias(wanted.logitBias());
    options = with(options, wanted.temperature(), SamplingOptions::withTemperature);
    options = with(options, wanted.topP(), SamplingOptions::withTopP);
    options = with(options, wanted.topK(), SamplingOptions::withTopK);
    options = with(options, wanted.minP(), SamplingOptions::withMinP);
    options = with(options, wanted.repetitionPenalty(), SamplingOptions::withRepetitionPenalty);
    options = with(options, wanted.repetitionWindow(), SamplingOptions::withRepetitionWindow);
    options = with(options, wanted.presencePenalty(), SamplingOptions::withPresencePenalty);
    return with(options, wanted.frequencyPenalty(), SamplingOptions::withFrequencyPenalty);
  }

  private static SamplingOptions with(
      SamplingOptions options,
      OptionalDouble value,
      BiFunction<SamplingOptions, Float, SamplingOptions> setter) {
    return value.isEmpty() ? options : setter.apply(options, (float) value.getAsDouble());
  }

  private static SamplingOptions with(
      SamplingOptions options,
      OptionalInt value,
      BiFunction<SamplingOptions, Integer, SamplingOptions> setter) {
    return value.isEmpty() ? options : setter.apply(options, value.getAsInt());
  }
}
