package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.Usage;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.ServedModel;
import java.time.Duration;
import java.util.List;

/**
 * What a client asks, read from one of the APIs.
 *
 * @param model who answers
 * @param jobs one per answer that is wanted; those to the same prompt stand together
 * @param n answers per prompt
 * @param stream whether the answer is sent piece by piece
 * @param usage whether a stream ends with the numbers of tokens
 * @param logprobs whether probabilities of tokens are wanted
 */
record Ask(
    ServedModel model, List<Job> jobs, int n, boolean stream, boolean usage, boolean logprobs) {

  /**
   * What all answers took together. A prompt that has several answers counts once, as OpenAI does
   * it: only the first of them has much to compute for it.
   *
   * @param each what each answer took
   */
  Usage total(List<Usage> each) {
    int prompt = 0;
    int cached = 0;
    int generated = 0;
    Duration queued = Duration.ZERO;
    for (int i = 0; i < each.size(); i++) {
      prompt += i % n == 0 ? each.get(i).promptTokens() : 0;
      cached += i % n == 0 ? each.get(i).cachedTokens() : 0;
      generated += each.get(i).generatedTokens();
      queued = each.get(i).queued().compareTo(queued) > 0 ? each.get(i).queued() : queued;
    }
    return new Usage(prompt, cached, generated, queued, Duration.ZERO, Duration.ZERO);
  }
}
